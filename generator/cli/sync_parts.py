"""Puts together what the verbs of the sync work with, from their options and the environment."""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from generator.core.errors import UserError
from generator.sync.state_folder import clones_in, database_in, make_folder

if TYPE_CHECKING:
    from generator.registries.registry import RegistryClient
    from generator.sync.gitops import Gitops
    from generator.sync.monitoring.metrics import Metrics
    from generator.sync.monitoring.redaction import KnownSecrets
    from generator.sync.outward import Outward


def state_folder(state: Path | None, workspace: Path | None, platform: str | None) -> Path:
    """Return the folder for the database and the clones: as told, else in the workspace, else the user's.

    Raises:
        UserError: There is no workspace, and none of them was told.
    """
    if state is not None:
        return state.absolute()
    if platform is not None:
        from generator.gitrepo.clone_folder import folder_name  # noqa: PLC0415

        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        return home / "gitopsmith" / folder_name(platform)
    from generator.cli.options import open_workspace  # noqa: PLC0415

    return open_workspace(workspace).folder / ".gitopsmith"


def gitops(
    workspace: Path | None,
    platform: str | None,
    branch: str,
    state: Path,
    outward: Outward | None,
    github_url: str,
    *,
    push: bool,
) -> Gitops:
    """Return where the organization's repositories are.

    Args:
        workspace: The folder of a workspace; None for the one around the current folder.
        platform: The address of the platform repository, in place of a workspace.
        branch: The branch of it that is deployed.
        state: The folder in which clones are kept.
        outward: How GitHub is spoken to; None without credentials.
        github_url: Where its API is.
        push: Whether it is the remotes of the workspace that are meant.

    Raises:
        UserError: Both or neither of a workspace and a platform repository were told, or GitHub's address is none.
    """
    from generator.cli.options import open_workspace  # noqa: PLC0415
    from generator.sync.gitops import InWorkspace, OnRemotes, remotes_of  # noqa: PLC0415
    from generator.workspace.access import access_in_environment, origins  # noqa: PLC0415

    cache, connection = clones_in(state), outward.connection if outward else None
    if platform is None:
        found = open_workspace(workspace)
        if not push:
            return InWorkspace(found.folder)
        access = access_in_environment(github_url, origins(found), connection)
        return remotes_of(found, access.token, cache, connection)
    if workspace is not None:
        raise UserError("Both --workspace and --platform are given.", hint="Name the one that is meant.")
    access = access_in_environment(github_url, [platform], connection)
    return OnRemotes(platform, branch, None, access.token, cache, connection)


def database_url(told: str | None, state: Path) -> str:
    """Return the URL of the database: as told, else a file in the folder for state, which is made for it."""
    if told:
        return told
    make_folder(state)
    return f"sqlite:///{database_in(state)}"


def existing_database(state: Path) -> str:
    """Return the URL of the database in a folder for state.

    Raises:
        UserError: There is none yet.
    """
    file = database_in(state)
    if not file.is_file():
        raise UserError(
            f"{file}: no such file: nothing was delivered here yet.",
            hint="Start `gitopsmith serve`, or name its database with --state or --database-url.",
        )
    return f"sqlite:///{file}"


def database_in_use(told: str | None, state: Path | None, workspace: Path | None, platform: str | None) -> str:
    """Return the URL of the database that `serve` has: as told, else that in the folder for state.

    Raises:
        UserError: There is none yet, or nothing tells where the folder is.
    """
    return told if told is not None else existing_database(state_folder(state, workspace, platform))


def registry() -> RegistryClient:
    """Return who is asked for images, with the credentials that the environment gives."""
    from generator.registries.credentials import logins_of  # noqa: PLC0415
    from generator.registries.registry import RegistryClient  # noqa: PLC0415

    insecure = os.environ.get("GITOPSMITH_INSECURE_REGISTRIES", "")
    return RegistryClient(logins_of(os.environ), insecure=frozenset(filter(None, insecure.split(","))))


def outward(
    url: str,
    metrics: Metrics,
    state: Path,
    *,
    address: str | None = None,
    secret_file: Path | None = None,
    evidence: Literal["address", "commit"] | None = None,
    deletes_deployments: bool = False,
    at_app: bool = False,
) -> Outward | None:
    """Return how GitHub is spoken to; None without credentials.

    Args:
        url: Where its API is.
        metrics: What is counted.
        state: The folder for what it answered.
        address: The address at which GitHub reaches this server; None where people look after webhooks themselves.
        secret_file: The secrets of single repositories.
        evidence: What shows that a deployment runs; None where GitHub is told nothing of deployments.
        deletes_deployments: Whether a Deployment is deleted once it is inactive.
        at_app: Whether the webhook of our GitHub App brings everything, and not one of each repository.

    Raises:
        UserError: An address is none, or the credentials are not right.
    """
    from generator.hub.budget import Budget  # noqa: PLC0415
    from generator.hub.conduct import Conduct  # noqa: PLC0415
    from generator.hub.connection import Connection  # noqa: PLC0415
    from generator.hub.credentials import credentials_in  # noqa: PLC0415
    from generator.sync.hooks.hook_keeping import public_address  # noqa: PLC0415
    from generator.sync.outward import Outward  # noqa: PLC0415
    from generator.sync.reports.evidence import Answering, Trusting  # noqa: PLC0415
    from generator.sync.web.webhook_secrets import SECRET_VARIABLE  # noqa: PLC0415

    reached = public_address(address) if address else ""
    credentials = credentials_in(os.environ)
    if credentials is None:
        return None
    budget, learn = Budget(time.time, metrics, on_wait=metrics.report_waits), secret_values().add
    make_folder(state)
    return Outward(
        Connection(credentials, url, Conduct(observer=budget, learn=learn)),
        budget,
        state,
        metrics,
        reached,
        os.environ.get(SECRET_VARIABLE, ""),
        secret_file,
        None if evidence is None else Answering() if evidence == "address" else Trusting(),
        deletes_deployments=deletes_deployments,
        at_app=at_app,
        learn=learn,
    )


def check_app_webhook(outward: Outward | None) -> None:
    """Refuse to let the webhook of a GitHub App bring everything where there is none.

    Raises:
        UserError: There is no App, no address of ours, or no secret for it.
    """
    from generator.hub.credentials import APP_ID, APP_KEY_FILE  # noqa: PLC0415
    from generator.sync.web.webhook_secrets import SECRET_VARIABLE  # noqa: PLC0415

    if outward is None or not outward.connection.is_app:
        raise UserError(
            "--app-webhook needs the credentials of a GitHub App.",
            hint=f"Set {APP_ID} and {APP_KEY_FILE}; or leave it out, and each repository gets a webhook of its own.",
        )
    if not outward.address:
        raise UserError(
            "--app-webhook needs the address at which GitHub reaches this server.", hint="Name it with --public-url."
        )
    if not outward.shared_secret:
        raise UserError(
            "There is no secret for the webhook of the GitHub App.",
            hint=f"Set {SECRET_VARIABLE}; `serve` has the App sign with it.",
        )


def process_name(port: int) -> str:
    """Return the name of this process: the same after a restart, as long as host and port are."""
    return f"{socket.gethostname()}-{port}"


def secret_values() -> KnownSecrets:
    """Return what no log may tell: what the environment holds, and whatever is added later."""
    from generator.sync.web.webhook_secrets import PREVIOUS_VARIABLE, SECRET_VARIABLE  # noqa: PLC0415
    from generator.workspace.access import TOKEN_VARIABLES  # noqa: PLC0415

    known = _known_secrets()
    for name in (*TOKEN_VARIABLES, SECRET_VARIABLE, PREVIOUS_VARIABLE):
        known.add(os.environ.get(name, ""))
    return known


@cache
def _known_secrets() -> KnownSecrets:
    """Return the one that all of this process shares: it has one log."""
    from generator.sync.monitoring.redaction import KnownSecrets  # noqa: PLC0415

    return KnownSecrets()
