"""`gitopsmith deliveries`: what GitHub delivered, and what became of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from generator.cli import options, sync_options
from generator.cli.durations import seconds_in
from generator.cli.listing import show
from generator.cli.output import raw, say
from generator.core.errors import UserError

verbs = typer.Typer(no_args_is_help=True, help="List, show and retry what GitHub delivered.")

Id = Annotated[str, typer.Argument(help="Id of the delivery, as `list` shows it.")]


@verbs.command("list")
def list_deliveries(
    state: Annotated[
        Literal["waiting", "done", "failed"] | None, typer.Option(help="Only those.", show_default="all")
    ] = None,
    repo: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="Only those of this repository.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The most to list.")] = 50,
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
    form: options.Json = "table",
) -> None:
    """List the deliveries, the newest first, with what became of them."""
    from generator.core.instants import show_instant  # noqa: PLC0415
    from generator.sync.service import opened_inbox  # noqa: PLC0415
    from generator.workspace.listing import Listing  # noqa: PLC0415

    with opened_inbox(_url(database_url, folder, workspace, platform)) as inbox:
        found = inbox.listing(state, repo, limit)
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
    columns = ("received", "id", "event", "action", "repository", "state", "result", "commit", "reason")
    show(Listing(columns, rows, "No deliveries."), form)


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

    from generator.sync.service import opened_inbox  # noqa: PLC0415

    with opened_inbox(_url(database_url, folder, workspace, platform)) as inbox:
        found = inbox.get(delivery)
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
    from generator.sync.service import opened_inbox  # noqa: PLC0415

    with opened_inbox(_url(database_url, folder, workspace, platform)) as inbox:
        inbox.retry(delivery)
    say(f"{delivery} is tried again.")


@verbs.command("send")
def send(
    payload: Annotated[Path, typer.Argument(metavar="FILE", help="The body, JSON as GitHub has it.")],
    event: Annotated[str, typer.Option(help="GitHub's name for the event: release, pull_request, …")],
    url: Annotated[str, typer.Option(help="Where `gitopsmith serve` listens.")] = "http://127.0.0.1:8080",
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
    """Deliver a payload as GitHub would, signed with GITOPSMITH_WEBHOOK_SECRET: to try a webhook, or to repeat one."""
    from generator.sync.web import sending  # noqa: PLC0415

    seconds = seconds_in(timeout, "--timeout", least=1)
    sent = sending.send(read_payload(payload), event, url, os.environ, delivery=delivery, seconds=seconds)
    say(f"{sent}: accepted")
    if wait:
        done = sending.await_result(_url(database_url, folder, workspace, platform), sent, seconds=seconds)
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


def _url(told: str | None, folder: Any, workspace: Any, platform: str | None) -> str:
    """Return the URL of the database; a folder for state is looked for only where none is told."""
    if told is not None:
        return told
    return sync_options.existing_database(sync_options.state_folder(folder, workspace, platform))
