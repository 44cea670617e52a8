"""`gitopsmith webhooks`: the webhooks that `serve` keeps, looked at and changed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from generator.cli import options, sync_options, sync_parts
from generator.cli.listing import table
from generator.cli.output import raw, result, say
from generator.cli.webhook_tables import app_line, problem_lines, webhook_columns, webhook_rows
from generator.core.errors import UserError, UserErrors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.sync.following import Following
    from generator.sync.hooks.hook_keeping import HookKeeping
    from generator.sync.outward import Outward

verbs = typer.Typer(
    no_args_is_help=True, help="List the webhooks that `serve` keeps, replace their secrets, remove old ones."
)

DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be done; change nothing.")]


@verbs.command("list")
def list_webhooks(
    workspace: sync_options.Workspace = None,
    push: sync_options.Push = False,
    platform: sync_options.Platform = None,
    platform_branch: sync_options.PlatformBranch = "main",
    public_url: sync_options.PublicUrl = None,
    webhook_secrets: sync_options.WebhookSecretsFile = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    form: options.Json = "table",
) -> None:
    """List the webhook of each followed repository, with its secret and its last delivery."""
    from generator.sync.hooks.by_hand import listed  # noqa: PLC0415

    where = _Where(workspace, push, platform, platform_branch, public_url, webhook_secrets, github_url, state)
    with _opened(where) as found:
        seen = listed(found.outward.hook_states(found.keeping.notes), found.keeping, found.following)
    if form == "json":
        raw(json.dumps(seen, indent=2, ensure_ascii=False))
        return
    if seen["webhooks"]:
        rows = tuple({**row, "secret": _told_secret(row["secret"])} for row in webhook_rows(seen["webhooks"]))
        result(table((*webhook_columns(), "secret"), rows))
    else:
        say("No app follows any repository.")
    if seen["app_webhook"]:
        say(app_line(seen["app_webhook"]))
    for line in problem_lines(seen):
        say(line)


@verbs.command("rotate")
def rotate(
    repositories: Annotated[
        list[str] | None, typer.Argument(metavar="OWNER/NAME", help="The repositories.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All repositories that an app follows.")] = False,
    workspace: sync_options.Workspace = None,
    push: sync_options.Push = False,
    platform: sync_options.Platform = None,
    platform_branch: sync_options.PlatformBranch = "main",
    public_url: sync_options.PublicUrl = None,
    webhook_secrets: sync_options.WebhookSecretsFile = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    dry_run: DryRun = False,
) -> None:
    """Replace the secrets of webhooks; for a day the old ones count as well, so that no delivery is refused.

    Give it what `serve` is given: it reads the file of secrets again by itself.
    """
    from generator.core.instants import show_instant  # noqa: PLC0415
    from generator.sync.hooks.by_hand import chosen, refuse_unrotatable  # noqa: PLC0415
    from generator.sync.hooks.hook_keeping import DAY  # noqa: PLC0415

    where = _Where(workspace, push, platform, platform_branch, public_url, webhook_secrets, github_url, state)
    with _opened(where, changes=not dry_run) as found:
        keeping = found.keeping
        refuse_unrotatable(keeping)
        names = chosen(repositories or (), found.following, every=every)
        if dry_run:
            for name in names:
                say(f"Would replace the secret of {name}.")
            return
        report = keeping.rotate_all(names)
        for name, done in report.results.items():
            until = show_instant(int(keeping.notes.get(name).secret_at + DAY))
            begun = "" if done == "renew" else " The replacement had been begun before, and is complete."
            say(f"{name}: has a new secret; the old one counts until {until}.{begun}")
        _refuse_problems(report.problems, "could not be replaced: run it again", "secret")


@verbs.command("prune")
def prune(
    allow_many: Annotated[
        bool, typer.Option("--allow-many", help="Remove even more than half of more than five at once.")
    ] = False,
    workspace: sync_options.Workspace = None,
    push: sync_options.Push = False,
    platform: sync_options.Platform = None,
    platform_branch: sync_options.PlatformBranch = "main",
    public_url: sync_options.PublicUrl = None,
    webhook_secrets: sync_options.WebhookSecretsFile = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    dry_run: DryRun = False,
) -> None:
    """Remove the webhooks of ours from repositories that no app follows any more, as `serve` does with each pass."""
    from generator.sync.hooks.by_hand import to_prune  # noqa: PLC0415

    where = _Where(workspace, push, platform, platform_branch, public_url, webhook_secrets, github_url, state)
    with _opened(where, changes=not dry_run) as found:
        names = to_prune(found.keeping, found.following, allow_many=allow_many)
        if not names:
            say("Nothing to remove.")
            return
        if dry_run:
            for name in names:
                say(f"Would remove the webhook of {name}.")
            return
        report = found.keeping.remove_all(names)
        for name in report.results:
            say(f"{name}: webhook removed.")
        _refuse_problems(report.problems, "could not be removed", "webhook")


class _Where(NamedTuple):
    """What `serve` is given."""

    workspace: Path | None
    push: bool
    platform: str | None
    platform_branch: str
    public_url: str | None
    webhook_secrets: Path | None
    github_url: str
    state: Path | None


class _Opened(NamedTuple):
    """What webhooks are looked at and changed with."""

    outward: Outward
    keeping: HookKeeping
    following: Following


@contextmanager
def _opened(where: _Where, *, changes: bool | None = None) -> Iterator[_Opened]:
    """Yield what webhooks are looked at with.

    Args:
        where: What `serve` is given.
        changes: Whether webhooks will be changed; None where that is not what the verb is for.
    """
    from generator.sync.hooks.by_hand import following_in  # noqa: PLC0415
    from generator.sync.hooks.hook_notes import notes_if_any, notes_in  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.sync.service import new_metrics  # noqa: PLC0415

    logs.configure("console", "error", secrets=sync_parts.secret_values())
    if changes is not None and not where.public_url:
        raise UserError(
            "It is not known which webhooks are ours.", hint="Name the address that `serve` has, with --public-url."
        )
    folder = sync_parts.state_folder(where.state, where.workspace, where.platform)
    outward = sync_parts.outward(
        where.github_url, new_metrics(), folder, address=where.public_url, secret_file=where.webhook_secrets
    )
    if outward is None:
        raise UserError("There are no credentials for GitHub.", hint="Set GITOPSMITH_TOKEN, or those of a GitHub App.")
    gitops = sync_parts.gitops(
        where.workspace, where.platform, where.platform_branch, folder, outward, where.github_url, push=where.push
    )
    with outward, closing(notes_in(folder) if changes else notes_if_any(folder)) as notes:
        yield _Opened(outward, outward.hooks(notes), following_in(gitops))


def _told_secret(secret: Mapping[str, Any] | None) -> str:
    """Return what is known of a secret, in a few words."""
    if secret is None:
        return ""
    words = ["own" if secret["own"] else "shared" if secret["valid"] else "none"]
    words += ["two count"] if secret["valid"] > 1 else []
    words += [f"set {secret['set_at'][:10]}"] if secret["set_at"] else []
    return ", ".join(words)


def _refuse_problems(problems: Mapping[str, str], told: str, what: str) -> None:
    if problems:
        many = f"1 {what}" if len(problems) == 1 else f"{len(problems)} {what}s"
        raise UserErrors(f"{many} {told}.", [UserError(f"{name}: {why}") for name, why in problems.items()])
