"""The options that the verbs of the sync share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator.hub.address import PUBLIC

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
        help="Commit straight to the workspace's remotes, as a GitHub App or with GITOPSMITH_TOKEN.",
    ),
]
Platform = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="URL",
        envvar="GITOPSMITH_PLATFORM",
        help="Platform repository on its remote, in place of a workspace; opened as --push does.",
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
GITHUB = PUBLIC
PublicUrl = Annotated[
    str | None,
    typer.Option(
        "--public-url",
        metavar="URL",
        envvar="GITOPSMITH_PUBLIC_URL",
        help="Address at which GitHub reaches `serve`, as that was told.",
    ),
]
WebhookSecretsFile = Annotated[
    Path | None,
    typer.Option(
        "--webhook-secrets",
        metavar="FILE",
        envvar="GITOPSMITH_WEBHOOK_SECRETS",
        help="The file of webhook secrets that `serve` keeps.",
    ),
]
