"""A whole GitHub for a test: what it serves, and what people do there."""

from __future__ import annotations

import pickle
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github_double import description, git_store
from tests.github_double.api import Api, Seen
from tests.github_double.changes import Changes
from tests.github_double.courier import Courier
from tests.github_double.exchange import Services
from tests.github_double.faults import Fault, Rule
from tests.github_double.folder_copies import copied, restore
from tests.github_double.git_store import GitStore
from tests.github_double.identities import Identities
from tests.github_double.limits import Limits
from tests.github_double.model import Account, App, Hook, Installation, Repository, State
from tests.github_double.server import Server
from tests.github_double.views import Views

SCOPES = ("repo", "admin:repo_hook", "workflow")
PERMISSIONS = {
    "administration": "write",
    "contents": "write",
    "deployments": "write",
    "metadata": "read",
    "packages": "read",
    "pull_requests": "write",
    "repository_hooks": "write",
    "statuses": "write",
    "workflows": "write",
}
_OUTSIDE = ("clock", "announce")
"""What of a state is no knowledge, but whom it asks and tells."""
EVENTS = ("release", "pull_request", "registry_package", "package")


@dataclass(frozen=True)
class Memory:
    """All that a GitHub knew at one time.

    Attributes:
        known: What was in its state, and the tokens that it had given out.
        repositories: The folder that a copy of its repositories is in.
    """

    known: bytes
    repositories: Path


class GitHubDouble:
    """A GitHub on loopback.

    Attributes:
        state: What it knows.
        identities: The tokens that it gave out.
        limits: What is left to each identity.
        courier: Brings deliveries to hooks.
        api: Answers requests.
        url: Where its API is.
        web: Where its git is: `{web}/owner/name.git`.
    """

    def __init__(self, folder: Path, *, enterprise: bool = False, clock: Callable[[], float] = time.time) -> None:
        """Prepare it.

        Args:
            folder: Where repositories are kept.
            enterprise: Whether it is an Enterprise Server, whose API is below `/api/v3`.
            clock: The seconds since 1970.
        """
        prefix = "/api/v3" if enterprise else ""
        self.state = State(clock)
        self.identities = Identities(self.state)
        self.limits = Limits(self.state.clock)
        self.courier = Courier(self.state)
        services = Services(self.state, self.identities, self.limits, self.courier, GitStore(folder))
        self.api = Api(services, prefix)
        self._git = services.git
        self._server = Server(self.api)
        self.web = self.state.web = f"http://127.0.0.1:{self._server.port}"
        self.url = self.state.url = self.web + prefix
        self.state.announce = self.courier.take

    def __enter__(self) -> Self:
        self._server.start()
        self.courier.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.stopping.set()
        self.courier.stop()
        self._server.stop()

    def assert_sound(self) -> None:
        """Fail where GitHub would have refused a request, or the double was wrong."""
        assert self.api.violations == []
        for error in (*self.api.errors, *self.courier.errors):
            raise error

    # --- one time and another

    def remember(self, folder: Path) -> Memory:
        """Return all that it knows, with a copy of its repositories in a new folder; no delivery is under way."""
        self.courier.settle()
        with self.api.lock:
            known = {name: what for name, what in vars(self.state).items() if name not in _OUTSIDE}
            copied(self._git.root, folder)
            return Memory(pickle.dumps((known, self.identities.tokens)), folder)

    def recall(self, memory: Memory) -> None:
        """Know what it knew, and nothing since: what of its state was held on to is of another time."""
        self.courier.settle()
        with self.api.lock:
            known, self.identities.tokens = pickle.loads(memory.known)  # noqa: S301 - it was written just above
            vars(self.state).update(known)
            restore(self._git.root, memory.repositories)
            self.mend()

    def mend(self) -> None:
        """Let nothing go wrong any more, and forget what was asked."""
        self.limits.forget()
        self.courier.lose(0)
        self.api.forget()

    # --- who is there

    def organization(self, login: str) -> Account:
        return self.state.account(login, "Organization")

    def user(self, login: str) -> Account:
        return self.state.account(login)

    def token(self, login: str = "octocat", scopes: tuple[str, ...] = SCOPES) -> str:
        """Return a new token of a user."""
        return self.identities.user_token(login, scopes)

    def fine_grained_token(self, permissions: Mapping[str, str], login: str = "octocat") -> str:
        """Return a new token of a user that may do what it names alone."""
        return self.identities.fine_grained_token(login, dict(permissions))

    def app(self, slug: str = "gitopsmith", owner: str = "acme", hook_url: str = "") -> App:
        """Return a new App; with a URL it has a webhook there."""
        now = self.state.now()
        private, public = _keys()
        made = App(self.state.new_id(), slug, self.organization(owner), public, private, dict(PERMISSIONS), EVENTS, "")
        if hook_url:
            config = {"url": hook_url, "content_type": "json", "secret": "app-secret", "insecure_ssl": "0"}
            made.hook = Hook(self.state.new_id(), None, config, EVENTS, True, now, now)
        self.state.apps[made.id] = made
        return made

    def agree(self, manifest: Mapping[str, Any], owner: str) -> str:
        """Register the App of a manifest, as somebody does on GitHub's page, and return the code to exchange for it."""
        needed = {"url"} | ({"hook_attributes"} if manifest.get("default_events") else set())
        if missing := needed - set(manifest):
            raise AssertionError(f"GitHub refuses a manifest without {', '.join(missing)}.")
        permissions, asked = {"$ref": "#/$defs/app-permissions"}, manifest.get("default_permissions", {})
        unknown = sorted(set(asked) - set(description.followed(permissions)["properties"]))
        if wrong := [*unknown, *description.faults(permissions, asked)]:
            raise AssertionError(f"GitHub knows no such permissions: {'; '.join(wrong)}")
        hook = manifest.get("hook_attributes", {}).get("url", "")
        made = self.app(re.sub(r"[^a-z0-9]+", "-", manifest["name"].lower()).strip("-"), owner, hook)
        made.public = manifest.get("public", False)
        made.permissions, made.events = dict(manifest["default_permissions"]), tuple(manifest.get("default_events", ()))
        code = f"code{self.state.new_id()}"
        self.state.manifests[code] = {
            **Views(self.state).app(made),
            "client_secret": "client-secret",
            "webhook_secret": "a-secret-that-github-made" if hook else None,
            "pem": made.private_key,
        }
        return code

    def install(self, app: App, login: str, permissions: Mapping[str, str] = PERMISSIONS) -> Installation:
        """Return an App's new installation in an account, as somebody makes it there on GitHub's page."""
        account = self.state.account(login)
        if not app.public and account is not app.owner:
            raise AssertionError(f"GitHub installs the private App {app.slug} on {app.owner.login} alone.")
        made = Installation(self.state.new_id(), app, account, dict(permissions), self.state.now())
        self.state.installations[made.id] = made
        return made

    # --- what is there

    def repository(self, full_name: str, *, private: bool = True, git: bool = False) -> Repository:
        """Return a new repository, of an organization unless its owner is known as a user.

        Args:
            full_name: Its owner and name.
            private: Whether it is private.
            git: Whether it has a git repository, with a first commit on `main`.
        """
        owner, _, name = full_name.partition("/")
        made = Repository(self.state.new_id(), self.organization(owner), name, private, self.state.now())
        if git:
            made.path = self._git.create(full_name)
            git_store.commit(made.path, "main", {"README.md": f"# {name}\n"}, "First", self.state.clock())
        self.state.repositories[made.id] = made
        return made

    def by(self, login: str = "octocat") -> Changes:
        """Return what makes changes as somebody; hold `api.lock` where requests come in meanwhile."""
        return Changes(self.state, self.user(login))

    # --- what goes wrong, and what was asked

    def fault(self, fault: Fault, requests: str = "", *, skip: int = 0, times: int | None = 1) -> Rule:
        """Let a fault come; see `Faults.add`."""
        return self.api.faults.add(fault, requests, skip=skip, times=times)

    def calls(self, operation: str = "") -> list[Seen]:
        """Return the calls of the API so far, of one operation or of all."""
        return [seen for seen in self.api.seen if operation in (seen.operation, "")]


@cache
def _keys() -> tuple[str, bytes]:
    """Return a private and a public key; making one is slow, so all Apps share it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public
