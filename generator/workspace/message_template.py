"""The message of every commit as a user's template words it; the trailers stay ours. Sandboxed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta

from generator.core.change import Change
from generator.core.errors import UserError
from generator.templating.sandbox import RANDOM_FILTERS, RANDOM_GLOBALS, Sandbox

KNOWN = ("subject", "body", "trailers", "files", "app", "environment", "cluster", "version", "previous")
"""What a template may name; what a change does not tell is empty."""

_SHOWN = 60
# What a change says that moves one app to one version; see `generator.core.moves`.
_MOVE = re.compile(
    r"(?!\d+ apps )(?P<app>[^\s,;]+) (?:(?P<previous>[^\s,;]+) )?→ (?P<version>[^\s,;]+)"
    r" in (?P<environment>[^\s;]+(?:, [^\s;]+)*?)(?: on (?P<cluster>[^\s,;]+))?"
)


@dataclass(frozen=True)
class MessageTemplate:
    """A template of commit messages: its first line is the subject, what follows is the body.

    Attributes:
        name: What errors call it: its file, or its text.
        compiled: The template.
    """

    name: str
    compiled: Template

    def applied(self, change: Change) -> Change:
        """Return a change whose commit says what the template makes of it, with the trailers that it has.

        Raises:
            UserError: The template fails, or renders nothing.
        """
        try:
            text = self.compiled.render(_known(change))
        # A filter or an operator may raise anything on what it is given.
        except Exception as error:
            raise self._problem(f"fails on `{change.subject}`: {error}") from error
        subject, _, body = text.strip().partition("\n")
        if not subject:
            raise self._problem(f"renders nothing for `{change.subject}`")
        return replace(change, subject=subject.rstrip(), body=body.strip("\r\n"))

    def _problem(self, what: str) -> UserError:
        return UserError(f"The message template {self.name} {what}.", hint=f"It may use {', '.join(KNOWN)}.")


def load_message_template(file_or_text: str) -> MessageTemplate:
    """Return the template that a user names: a file, or the text itself where it holds `{{` or `{%`.

    Raises:
        UserError: There is no such file, it cannot be read, or it is no template; it is named.
    """
    is_text = "{{" in file_or_text or "{%" in file_or_text
    short = " ".join(file_or_text.split())
    name = f"`{short if len(short) <= _SHOWN else f'{short[:_SHOWN]}…'}`" if is_text else file_or_text
    source = file_or_text if is_text else _read(Path(file_or_text))
    environment = _environment()
    try:
        unknown = meta.find_undeclared_variables(environment.parse(source)) - {*KNOWN, *environment.globals}
        compiled = environment.from_string(source)
    except TemplateError as error:
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) and not is_text else ""
        raise UserError(f"The message template {name}{line}: {error}.", hint="Mend the template.") from error
    if unknown:
        raise UserError(
            f"The message template {name}: there is no {', '.join(f'`{one}`' for one in sorted(unknown))}.",
            hint=f"It may use {', '.join(KNOWN)}.",
        )
    return MessageTemplate(name, compiled)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UserError(
            f"The message template {path} cannot be read: {why}.",
            hint="Name a file, or give the text itself, as in `ci: {{ subject }}`.",
        ) from error


def _environment() -> Sandbox:
    environment = Sandbox(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    for name in RANDOM_FILTERS:
        environment.filters.pop(name, None)
    for name in RANDOM_GLOBALS:
        environment.globals.pop(name, None)
    return environment


def _known(change: Change) -> Mapping[str, object]:
    move = _MOVE.fullmatch(change.subject)
    told = {key: value or "" for key, value in move.groupdict().items()} if move else {}
    return {
        **dict.fromkeys(KNOWN, ""),
        **told,
        "subject": change.subject,
        "body": change.body,
        "trailers": dict(change.trailers),
        "files": sorted(change.edits),
    }
