"""Creates a GitHub App with the help of a person's browser, and keeps its key where only they can read it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generator.core.errors import UserError
from generator.hub.address import web_url
from generator.hub.app_manifest import CODE, CreatedApp, Wanted, exchange, form, manifest
from generator.hub.conduct import Conduct
from generator.hub.credentials import APP_ID, APP_KEY_FILE
from generator.hub.loopback import Loopback

_OWNER_ONLY, _FOLDER = 0o600, 0o700


@dataclass(frozen=True)
class Kept:
    """An App that was created, and where its secrets are.

    Attributes:
        app: The App.
        key: The file with its private key.
        webhook_secret: The file with its webhook's secret; None where it has no webhook.
    """

    app: CreatedApp
    key: Path
    webhook_secret: Path | None

    def settings(self, url: str, public: str, webhook_variable: str) -> tuple[str, ...]:
        """Return the shell's commands that set what the other verbs read; no secret is in them.

        Args:
            url: The address of the API.
            public: The address that they take without being told.
            webhook_variable: The variable of the webhook's secret.
        """
        lines = [f"export {APP_ID}={self.app.id}", f"export {APP_KEY_FILE}={shlex.quote(str(self.key))}"]
        if self.webhook_secret:
            lines.append(f'export {webhook_variable}="$(cat {shlex.quote(str(self.webhook_secret))})"')
        if url != public:
            lines.append(f"export GITOPSMITH_GITHUB_URL={shlex.quote(url)}")
        return tuple(lines)


def create_app(
    wanted: Wanted, url: str, folder: Path, *, show: Callable[[str], None], seconds: float, conduct: Conduct
) -> Kept:
    """Create an App.

    Args:
        wanted: The App.
        url: The address of the API.
        folder: Where its secrets are kept.
        show: Takes the address that a person opens.
        seconds: How long to wait for the browser.
        conduct: How calls are made.

    Raises:
        UserError: The folder cannot be written, nobody came back in time, or GitHub does not know the code.
        TemporaryError: GitHub is away.
    """
    # Before the App is made, whose key GitHub gives once.
    _prepare(folder)
    with Loopback() as loopback:
        asked = manifest(wanted, url, loopback.callback)
        accepts = lambda code: CODE.fullmatch(code) is not None  # noqa: E731 - named by its parameter
        loopback.serve(form(wanted, url, loopback.state, asked), accepts, web_url(url))
        show(loopback.start)
        code = loopback.code(seconds)
    return _keep(exchange(url, code, conduct, os.environ), folder)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
        trial = folder / f".trial-{os.getpid()}"
        _write(trial, "")
        trial.unlink()
    except OSError as error:
        raise UserError(
            f"{folder}: {error.strerror}: the App's key could not be kept.", hint="Name another folder with --keys."
        ) from error


def _keep(app: CreatedApp, folder: Path) -> Kept:
    # With its id, so that no other App's key is in the way.
    key = folder / f"{app.slug}-{app.id}.private-key.pem"
    secret = folder / f"{app.slug}-{app.id}.webhook-secret" if app.webhook_secret else None
    try:
        _write(key, app.private_key)
        if secret:
            _write(secret, app.webhook_secret)
    except OSError as error:
        raise UserError(
            f"{error.filename}: {error.strerror}: the key of the new App {app.slug} (id {app.id}) could not be kept.",
            hint=f"Make a new key on its page, Private keys: {app.page}",
        ) from error
    return Kept(app, key, secret)


def _write(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, from its first moment on."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
