"""The options that the verbs of the sync share, and what is put together from them."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.registries.registry import RegistryClient
    from generator.sync.gitops import Gitops
    from generator.sync.monitoring.metrics import Metrics
    from generator.sync.outward import Outward

Workspace = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="GITOPSMITH_WORKSPACE",
        help="Folder that holds the organization's repositories.",
        show_default="here",
    ),
]
Push = Annotated[
    bool,
    typer.Option(
        "--push",
        envvar="GITOPSMITH_PUSH",
        help="Commit straight to the workspace's remotes; a token is read from GITOPSMITH_TOKEN.",
    ),
]
Platform = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="URL",
        envvar="GITOPSMITH_PLATFORM",
        help="Platform repository on its remote, in place of a workspace; a token is read from GITOPSMITH_TOKEN.",
    ),
]
PlatformBranch = Annotated[
    str, typer.Option("--platform-branch", envvar="GITOPSMITH_PLATFORM_BRANCH", help="Branch of --platform.")
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="GITOPSMITH_STATE",
        help="Folder for the SQLite database and the clones.",
        show_default="`.gitopsmith` in the workspace",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        envvar="GITOPSMITH_DATABASE_URL",
        help="Where deliveries are kept: sqlite:///FILE or postgresql://…",
        show_default="SQLite in --state",
    ),
]


GitHubUrl = Annotated[
    str,
    typer.Option(
        "--github-url",
        metavar="URL",
        envvar="GITOPSMITH_GITHUB_URL",
        help="Where GitHub's API is; another one for an Enterprise Server.",
    ),
]
GITHUB = "https://api.github.com"


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
    workspace: Path | None, platform: str | None, branch: str, state: Path, outward: Outward | None, *, push: bool
) -> Gitops:
    """Return where the organization's repositories are.

    Raises:
        UserError: Both or neither of a workspace and a platform repository were told.
    """
    from generator.cli.options import open_workspace  # noqa: PLC0415
    from generator.sync.gitops import InWorkspace, OnRemotes, remotes_of  # noqa: PLC0415
    from generator.workspace.remotes import token_from_environment  # noqa: PLC0415

    def token(url: str) -> str | None:
        if outward is None or not outward.connection.is_app:
            return token_from_environment()
        return outward.connection.token(url.rstrip("/").split("/")[-2])

    cache = state / "clones"
    if platform is None:
        found = open_workspace(workspace)
        return remotes_of(found, token, cache) if push else InWorkspace(found.folder)
    if workspace is not None:
        raise UserError("Both --workspace and --platform are given.", hint="Name the one that is meant.")
    return OnRemotes(platform, branch, None, token, cache)


def database_url(told: str | None, state: Path) -> str:
    """Return the URL of the database: as told, else a file in the folder for state."""
    from generator.sync.service import default_database  # noqa: PLC0415

    return told or default_database(state)


def existing_database(state: Path) -> str:
    """Return the URL of the database in a folder for state.

    Raises:
        UserError: There is none yet.
    """
    file = state / "sync.db"
    if not file.is_file():
        raise UserError(
            f"{file}: no such file: nothing was delivered here yet.",
            hint="Start `gitopsmith serve`, or name its database with --state or --database-url.",
        )
    return f"sqlite:///{file}"


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
) -> Outward | None:
    """Return how GitHub is spoken to; None without credentials.

    Args:
        url: Where its API is.
        metrics: What is counted.
        state: The folder for what it answered.
        address: The address at which GitHub reaches this server; None where people look after webhooks themselves.
        secret_file: The secrets of single repositories.
        evidence: What shows that a deployment runs; None where GitHub is told nothing of deployments.

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
    budget = Budget(time.time, metrics)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Outward(
        Connection(credentials, url, Conduct(observer=budget)),
        budget,
        state,
        reached,
        os.environ.get(SECRET_VARIABLE, ""),
        secret_file,
        None if evidence is None else Answering() if evidence == "address" else Trusting(),
    )


def process_name(port: int) -> str:
    """Return the name of this process: the same after a restart, as long as host and port are."""
    return f"{socket.gethostname()}-{port}"


def secret_values() -> set[str]:
    """Return what no log may tell."""
    from generator.sync.web.webhook_secrets import PREVIOUS_VARIABLE, SECRET_VARIABLE  # noqa: PLC0415
    from generator.workspace.remotes import TOKEN_VARIABLES  # noqa: PLC0415

    names = (*TOKEN_VARIABLES, SECRET_VARIABLE, PREVIOUS_VARIABLE)
    return {value for name in names if (value := os.environ.get(name))}
