"""The options of every verb that commits: from whom the commits are, and what they say."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from generator.workspace.committing import Committing

_PANEL = "Commits"
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "author": (
        Annotated[
            str | None,
            typer.Option(
                "--author",
                metavar="NAME <MAIL>",
                help="Who writes the change.",
                envvar="GITOPSMITH_AUTHOR",
                show_default="as git is configured",
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "committer": (
        Annotated[
            str | None,
            typer.Option(
                "--committer",
                metavar="NAME <MAIL>",
                help="Who records it.",
                envvar="GITOPSMITH_COMMITTER",
                show_default="as git is configured",
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "sign_off": (
        Annotated[
            bool,
            typer.Option(
                "--sign-off",
                "-s",
                help="Let the committer vouch for it by Signed-off-by.",
                envvar="GITOPSMITH_SIGN_OFF",
                rich_help_panel=_PANEL,
            ),
        ],
        False,
    ),
    "message_template": (
        Annotated[
            str | None,
            typer.Option(
                "--message-template",
                metavar="FILE|TEXT",
                help="Jinja template of the message, as `ci: {{ subject }}`; over subject, body, trailers, files, app, "
                "environment, cluster, version, previous.",
                envvar="GITOPSMITH_MESSAGE_TEMPLATE",
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
}
"""By name, the annotation and the default of each."""

# What the verb that runs was asked for: no verb has to hand on what none of them looks at.
_asked: ContextVar[dict[str, Any]] = ContextVar("_asked")


def commits(verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb that takes the options as well; while it runs, `committing` tells what was asked for."""
    signature = inspect.signature(verb, eval_str=True)
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in _OPTIONS.items()
    ]

    @wraps(verb)
    def with_options(**given: Any) -> None:
        token = _asked.set({name: given.pop(name) for name in _OPTIONS})
        try:
            verb(**given)
        finally:
            _asked.reset(token)

    parameters = [*signature.parameters.values(), *added]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_options


def commits_in(verbs: typer.Typer) -> typer.Typer:
    """Return a group in which every verb that has a dry run takes the options: those are the ones that commit."""
    for command in verbs.registered_commands:
        if command.callback is not None and "dry_run" in inspect.signature(command.callback).parameters:
            command.callback = commits(command.callback)
    return verbs


def committing() -> Committing:
    """Return how the verb that runs was asked to make commits.

    Raises:
        UserError: A person or the template of the messages is not right.
    """
    from generator.workspace.committing import committing as read  # noqa: PLC0415  (help is shown without it)

    return read(**_asked.get({}))
