"""Where the credentials for a registry come from: Docker's configuration and, for GitHub's registry, a GitHub token.

Docker's `config.json` is read anew for each question, so that rotated credentials are seen at once. Its form is the one
of https://docs.docker.com/reference/cli/docker/login/; a key may name a part of a registry (`quay.io/acme`), as
Kubernetes and Podman allow: the longest that fits wins. A secret stands in no error and in no `repr`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.core.errors import UserError
from generator.core.visible import visible
from generator.registries.credential_helper import ask_helper
from generator.registries.reference import DOCKER_HUB, ImageReference

GITHUB_REGISTRY = "ghcr.io"
GITHUB_TOKENS = ("GITOPSMITH_TOKEN", "GITHUB_AUTH_TOKEN")
"""The variables that may hold a GitHub token; the first one that does is taken."""
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_DOCKER_HUB_NAMES = ("index.docker.io", "docker.io", "registry-1.docker.io")
_IDENTITY = "<token>"
"""The user name by which Docker says that a secret is a token for the token server, not a password."""


@dataclass(frozen=True)
class Login:
    """What shows a registry who asks.

    Attributes:
        user: The user's name.
        secret: The password or token.
        source: Where it was found, as a person would look it up.
        identity: Whether the secret is one for the token server alone, which exchanges it.
        borrowed: Whether it was given to us for something else than this registry. Then no host but the registry's own
            gets to see it, and where it is refused the registry is asked as by a stranger.
    """

    user: str
    secret: str = field(repr=False)
    source: str
    identity: bool = False
    borrowed: bool = False

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


FindLogin = Callable[[ImageReference], Login | None]
"""Finds the credentials for a reference; None where there are none."""


def logins_of(environment: Mapping[str, str]) -> FindLogin:
    """Return what finds the credentials that an environment gives.

    It raises a UserError where Docker's configuration or a helper that it names cannot be used, and a TemporaryError
    where the helper gives no answer in time.

    Args:
        environment: Of it are read `DOCKER_CONFIG` and `HOME`, which say where Docker's `config.json` is, and, for what
            that holds no credentials for on ghcr.io, `GITOPSMITH_TOKEN` and `GITHUB_AUTH_TOKEN`.
    """
    folder = environment.get("DOCKER_CONFIG") or (environment.get("HOME") and f"{environment['HOME']}/.docker")

    def find(reference: ImageReference) -> Login | None:
        found = _login_of_docker(Path(folder) / "config.json", reference) if folder else None
        return found or _login_of_github(environment, reference)

    return find


def advice(registry: str) -> str:
    """Return a sentence that says how to give credentials for a registry."""
    token = f", or set {GITHUB_TOKENS[0]} to a token that may read packages" if registry == GITHUB_REGISTRY else ""
    return f"Run `docker login {registry}`, or let DOCKER_CONFIG name a folder with such a config.json{token}."


def _login_of_github(environment: Mapping[str, str], reference: ImageReference) -> Login | None:
    for name in GITHUB_TOKENS if reference.registry == GITHUB_REGISTRY else ():
        if token := environment.get(name, "").strip():
            return Login("x-access-token", token, name, borrowed=True)
    return None


def _login_of_docker(path: Path, reference: ImageReference) -> Login | None:
    document = _read(path)
    helper = _best(_mapping(path, document, "credHelpers"), reference) or document.get("credsStore")
    if helper:
        if not isinstance(helper, str):
            raise UserError(f"{path}: the name of a credential helper must be a text.")
        server = _DOCKER_HUB_KEY if reference.registry == DOCKER_HUB else reference.registry
        if kept := ask_helper(helper, server):
            return Login(*kept, f"docker-credential-{helper}", identity=kept[0] == _IDENTITY)
    entry = _best(_mapping(path, document, "auths"), reference)
    return _login_of_entry(path, reference, entry) if isinstance(entry, dict) else None


def _login_of_entry(path: Path, reference: ImageReference, entry: Mapping[str, Any]) -> Login | None:
    user, secret = entry.get("username"), entry.get("password")
    if identity := entry.get("identitytoken"):
        return Login(_IDENTITY, str(identity), str(path), identity=True)
    if encoded := entry.get("auth"):
        try:
            user, _, secret = base64.b64decode(str(encoded), validate=True).decode().strip("\0").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            # Without `from`: the error beneath repeats a part of the secret.
            raise UserError(
                f"{path}: auths: `auth` of {reference.registry} is not the base64 of USER:PASSWORD.",
                hint=advice(reference.registry),
            ) from None
    return Login(str(user), str(secret), str(path)) if user and secret else None


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}.", hint="It holds the credentials for registries.") from error
    except ValueError:
        # Without `from`: the error beneath holds the whole file.
        raise UserError(f"{path}: it is no JSON.", hint="`docker login` writes it.") from None
    return document if isinstance(document, dict) else {}


def _mapping(path: Path, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key) or {}
    if not isinstance(value, dict):
        raise UserError(
            f"{path}: `{visible(key)}` must be a mapping from registries.", hint="`docker login` writes it."
        )
    return value


def _best(entries: Mapping[str, Any], reference: ImageReference) -> Any:
    by_place = {_plain(key): value for key, value in entries.items()}
    return next((by_place[place] for place in _places(reference) if place in by_place), None)


def _plain(key: str) -> str:
    """Return the place that a key means: Docker writes some as the address of the registry's interface."""
    place = key.lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    return place.removesuffix("/v1").removesuffix("/v2")


def _places(reference: ImageReference) -> Iterator[str]:
    """Yield what a key may name, the narrowest first."""
    parts = reference.repository.split("/")
    for length in range(len(parts), -1, -1):
        for name in _DOCKER_HUB_NAMES if reference.registry == DOCKER_HUB else (reference.registry,):
            yield "/".join((name, *parts[:length]))
