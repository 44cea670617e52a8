"""`gitopsmith deliveries`: what GitHub delivered, and what became of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from generator.cli import options, sync_options, sync_parts
from generator.cli.durations import seconds_in
from generator.cli.listing import show
from generator.cli.output import raw, say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.sync.store.inbox import Inbox

verbs = typer.Typer(no_args_is_help=True, help="List, show and retry what GitHub delivered.")

Id = Annotated[str, typer.Argument(help="Id of the delivery, or how it alone begins, as `list` shows it.")]

COLUMNS = ("received", "id", "event", "repository", "state", "result", "reason")
"""What a table shows: on 80 characters there is room for no more."""

_MOST = 10_000
_SHORT, _LEAST = 8, 4
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@verbs.command("list")
def list_deliveries(
    only: Annotated[
        Literal["waiting", "done", "failed"] | None,
        typer.Option("--only", help="Only those in this state.", show_default="all"),
    ] = None,
    repo: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="Only those of this repository.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="The most to list.")] = 50,
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
    form: options.Json = "table",
) -> None:
    """List the deliveries, the newest first, with what became of them."""
    from generator.core.instants import show_instant  # noqa: PLC0415
    from generator.core.names import check_slug  # noqa: PLC0415
    from generator.sync.store.inbox import opened_inbox  # noqa: PLC0415
    from generator.workspace.listing import Listing  # noqa: PLC0415

    if repo is not None:
        check_slug("repository", repo)
    with opened_inbox(sync_parts.database_in_use(database_url, folder, workspace, platform)) as inbox:
        found = inbox.listing(only, repo, limit)
    rows: tuple[dict[str, Any], ...] = tuple(
        {
            "received": show_instant(int(one.received_at)),
            "id": one.id,
            "event": one.event,
            "action": one.action,
            "repository": one.repository,
            "state": one.state,
            "result": one.result or "",
            "commit": one.commit[:7],
            "reason": one.reason.partition("\n")[0],
        }
        for one in found
    )
    if form == "table":
        begins = _beginnings([one.id for one in found])
        rows = tuple({**row, "id": begins[row["id"]], **_joined(row)} for row in rows)
    show(Listing(COLUMNS, rows, "No deliveries."), form)


@verbs.command("show")
def show_delivery(
    delivery: Id,
    payload: Annotated[bool, typer.Option("--payload", help="Print the body alone.")] = False,
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
) -> None:
    """Show one delivery as JSON, with everything that is known of it."""
    import json  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415

    from generator.sync.store.inbox import opened_inbox  # noqa: PLC0415

    with opened_inbox(sync_parts.database_in_use(database_url, folder, workspace, platform)) as inbox:
        found = inbox.get(_id_of(delivery, inbox))
    body = found.payload.decode(errors="backslashreplace")
    if payload:
        raw(body)
        return
    told = {key: value for key, value in asdict(found).items() if key != "payload"}
    raw(json.dumps({**told, "payload_bytes": len(found.payload)}, indent=2))


@verbs.command("retry")
def retry(
    delivery: Id,
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
) -> None:
    """Have a delivery tried again from the beginning; the process that serves takes it up within a second."""
    from generator.sync.store.inbox import opened_inbox  # noqa: PLC0415

    with opened_inbox(sync_parts.database_in_use(database_url, folder, workspace, platform)) as inbox:
        whole = _id_of(delivery, inbox)
        inbox.retry(whole)
    say(f"{whole} is tried again.")


@verbs.command("send")
def send(
    payload: Annotated[Path, typer.Argument(metavar="FILE", help="The body, JSON as GitHub has it.")],
    event: Annotated[str, typer.Option(help="GitHub's name for the event: release, pull_request, …")],
    url: Annotated[str, typer.Option(help="Where `gitopsmith serve` listens.")] = "http://127.0.0.1:8080",
    webhook_secrets: sync_options.WebhookSecretsFile = None,
    delivery: Annotated[str | None, typer.Option("--id", help="Id of the delivery.", show_default="random")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until something became of it, and say what.")] = False,
    timeout: Annotated[
        str, typer.Option(help="How long the server, and with --wait the result, is waited for.")
    ] = "30s",
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
) -> None:
    """Deliver a payload as GitHub would: to try a webhook, or to repeat one.

    It is signed with the secret of its repository, as `serve` knows it: from --webhook-secrets, else
    GITOPSMITH_WEBHOOK_SECRET.
    """
    from generator.sync import sending  # noqa: PLC0415
    from generator.sync.web.webhook_secrets import webhook_secrets as secrets_in  # noqa: PLC0415

    seconds = seconds_in(timeout, "--timeout", least=1)
    body, secrets = read_payload(payload), secrets_in(os.environ, webhook_secrets)
    sent = sending.send(body, event, url, secrets, source=str(payload), delivery=delivery, seconds=seconds)
    say(f"{sent}: accepted")
    if wait:
        done = sending.await_result(
            sync_parts.database_in_use(database_url, folder, workspace, platform), sent, seconds=seconds
        )
        say(f"{sent}: {done.result}" + (f" as {done.commit[:7]}" if done.commit else ""))
        if done.reason:
            say(done.reason)


def read_payload(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.", hint="Name a file with the payload.") from error


def _joined(row: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in one column of a table: the action behind its event, the commit behind its result."""
    return {"event": f"{row['event']} {row['action']}", "result": f"{row['result']} {row['commit']}"}


def _beginnings(ids: Sequence[str]) -> dict[str, str]:
    """Return how each id begins as far as it takes to tell it from the others; one that is no UUID is kept whole."""
    length = _SHORT
    while len({id_[:length] for id_ in ids}) < len(set(ids)):
        length += 1
    return {id_: id_[:length] if _UUID.fullmatch(id_) else id_ for id_ in ids}


def _id_of(told: str, inbox: Inbox) -> str:
    """Return the id that is meant: the one that was told, or of those that `list` shows the only one that begins so.

    Raises:
        UserError: Several begin so.
    """
    if len(told) < _LEAST or _UUID.fullmatch(told):
        return told
    ids = [one.id for one in inbox.listing(limit=_MOST)]
    meant = [told] if told in ids else [id_ for id_ in ids if id_.startswith(told)]
    if len(meant) > 1:
        raise UserError(
            f"{len(meant)} deliveries begin with `{told}`.", hint=f"Say more of one: {', '.join(meant[:5])}."
        )
    return meant[0] if meant else told
