"""`gitopsmith connect --create-app`: a GitHub App in one step, by GitHub's own pages in the browser."""

from __future__ import annotations

import os
from pathlib import Path

from generator.cli.output import raw, say


def create(
    org: str,
    github_url: str,
    *,
    public: bool,
    app_name: str | None,
    webhook_url: str | None,
    keys: Path | None,
    timeout: float,
) -> None:
    """Create the App, keep its secrets, and print which variables to set.

    Args:
        org: The account that it will belong to.
        github_url: Where the GitHub is.
        public: Whether other accounts may install it.
        app_name: Its name; None for one of the account's.
        webhook_url: Where it delivers events.
        keys: The folder for its secrets; None for the user's own.
        timeout: The seconds to wait for the browser.
    """
    from generator.hub.accounts import is_organization  # noqa: PLC0415
    from generator.hub.address import PUBLIC, api_url  # noqa: PLC0415
    from generator.hub.app_manifest import Wanted  # noqa: PLC0415
    from generator.hub.conduct import Conduct  # noqa: PLC0415
    from generator.sync.web.webhook_secrets import SECRET_VARIABLE  # noqa: PLC0415
    from generator.workspace.app_creation import create_app  # noqa: PLC0415

    url, conduct = api_url(github_url), Conduct()
    name = app_name or f"gitopsmith-{org}"[:34].rstrip("-")
    wanted = Wanted(org, is_organization(url, org, conduct), name, webhook_url or "", public)

    def show(address: str) -> None:
        say(f"Open {address} in a browser on this machine, and continue on GitHub. ^C ends the wait.")

    kept = create_app(wanted, url, (keys or _keys()).absolute(), show=show, seconds=timeout, conduct=conduct)
    say(f"Created the GitHub App {kept.app.slug}; its private key is in {kept.key}.")
    if public:
        say(f"Install it for the accounts that gitopsmith shall work in: {kept.app.page}/installations/new")
    else:
        say(f"It is private: {org} alone can install it, and does so on {kept.app.page}/installations/new")
    say("Then set these variables, and run `gitopsmith doctor`:")
    raw("\n".join(kept.settings(url, PUBLIC, SECRET_VARIABLE)))


def _keys() -> Path:
    """Return the user's folder for configuration (XDG base directory specification 0.8)."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "gitopsmith"
