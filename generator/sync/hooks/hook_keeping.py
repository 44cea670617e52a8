"""Keeps the webhook of each followed repository as it should be, with a secret of its own that can be replaced."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import structlog

from generator.core.errors import UserError
from generator.hub.hook_decision import Repair, WantedHook
from generator.hub.hooks import Hooks, Kept
from generator.sync.each_repository import each_repository
from generator.sync.hooks.hook_notes import APP, HookNote, HookNotes, fingerprint
from generator.sync.hooks.secret_file import SecretFile
from generator.sync.news.events import repository_key

DAY = 86_400.0
"""The seconds for which a secret counts after it was replaced, until the next replacement at the latest."""
_PATIENCE = 3600.0
"""The seconds that must have passed since the secret was set, before it is set again because of a 401."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Report:
    """What became of the webhooks.

    Attributes:
        results: What was done, by repository: `create`, `adopt`, `repair`, `keep`, `remove`, `renew`,
            `complete`, and `none` where there was none to remove.
        problems: Why webhooks are not as they should be, by repository.
    """

    results: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def done(self) -> Mapping[str, int]:
        """How often each was done."""
        return Counter(self.results.values())


def public_address(address: str) -> str:
    """Return the address at which GitHub reaches this server, without a slash at its end.

    Raises:
        UserError: It is none.
    """
    found = address.strip().rstrip("/")
    try:
        parts = urlsplit(found)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or parts.username or parts.query or parts.fragment or not found.isascii() or " " in found:
        raise UserError(
            f"`{found.rpartition('@')[2][:200]}` is no address that GitHub could deliver to.",
            hint="It looks like https://gitopsmith.acme.example.",
        )
    return found


def payload_url(address: str, repository: str) -> str:
    """Return where the deliveries of a repository go."""
    return f"{address}/payload/{quote(repository)}"


def app_url(address: str) -> str:
    """Return where the deliveries of a GitHub App go."""
    return f"{address}/webhook"


@dataclass
class HookKeeping:
    """Keeps webhooks. Several threads may use it at once, each for another repository.

    Attributes:
        hooks: The webhooks of GitHub.
        address: The address at which GitHub reaches this server, as `public_address` returns it.
        secrets: The secrets of single repositories; None where all have the shared one.
        shared: The secret of repositories that have none of their own, and of a GitHub App; empty where there is none.
        notes: What is known of webhooks.
        clock: The time, in seconds since 1970.
    """

    hooks: Hooks
    address: str
    secrets: SecretFile | None
    shared: str = field(repr=False)
    notes: HookNotes
    clock: Callable[[], float] = time.time

    def keep_all(self, repositories: Sequence[str]) -> Report:
        """Keep the webhooks of repositories; what goes wrong with one keeps no other from being kept."""
        return self._each(repositories, lambda repository: type(self.keep(repository).decision).__name__.lower())

    def rotate_all(self, repositories: Sequence[str]) -> Report:
        """Replace the secrets of repositories, each as `rotate` does; what goes wrong with one keeps no other."""
        return self._each(repositories, lambda repository: "renew" if self.rotate(repository) else "complete")

    def remove_all(self, repositories: Sequence[str]) -> Report:
        """Remove the webhooks of ours from repositories; what goes wrong with one keeps no other from being removed."""

        def removed(repository: str) -> str:
            if not self.remove(repository):
                return "none"
            _log.info("webhook removed", repository=repository)
            return "remove"

        return self._each(repositories, removed)

    def _each(self, repositories: Sequence[str], action: Callable[[str], str]) -> Report:
        """Do something with each repository, and log what goes wrong."""
        results, problems = each_repository(repositories, action)
        for repository, reason in problems.items():
            _log.warning("the webhook is not as it should be", repository=repository, reason=reason)
        return Report(results, problems)

    def keep(self, repository: str) -> Kept:
        """Let the webhook of a repository be as it should. What was begun and not ended is ended.

        Raises:
            UserError: GitHub does not let us, or there is no secret and none can be made.
            TemporaryError: GitHub is away or limits us, or what is kept cannot be read or written.
        """
        # A secret is in the file, so that the server takes it, before GitHub signs with it.
        secrets = self._secrets_of(repository)
        note = self.notes.get(repository)
        kept = self.hooks.keep(repository, self._wanted(repository, note, secrets[0]), secrets[0])
        if kept.is_secret_set:
            self._set(repository, note, kept, secrets[0])
        elif len(secrets) > 1 and self.secrets and self.clock() - note.secret_at > DAY:
            self.secrets.drop_old(repository)
        return kept

    def rotate(self, repository: str) -> bool:
        """Replace the secret of a repository: the old one counts for a day more, or until the next replacement.

        A replacement that was begun and not ended is ended; no other one is begun.

        Returns:
            Whether a new one was made, and not an older replacement ended.

        Raises:
            UserError: Its secret is not its own or cannot be written, or GitHub does not let us.
            TemporaryError: GitHub is away, or what is kept cannot be read or written; call it again.
        """
        if self.secrets is None or not self.secrets.can_be_written:
            raise UserError(
                f"{repository}: its secret cannot be replaced here.",
                hint="Name a file of secrets that can be written with --webhook-secrets, or replace the secret there.",
            )
        secrets = self.secrets.of(repository)
        is_under_way = len(secrets) > 1 and self.notes.get(repository).secret != fingerprint(secrets[0])
        if not secrets:
            self.secrets.ensure(repository, before=self.shared)
        elif not is_under_way:
            self.secrets.renew(repository)
        self.keep(repository)
        return not is_under_way

    def remove(self, repository: str) -> int:
        """Remove the webhooks of ours from a repository with all that is kept of it; return how many there were.

        Raises:
            UserError: GitHub does not let us, or neither an address of ours nor the webhook's number is known.
            TemporaryError: GitHub is away, or what is kept cannot be read or written; call it again.
        """
        note = self.notes.get(repository)
        if not self.address and not note.hook:
            raise UserError(
                f"{repository}: it is not known which webhook is ours.",
                hint="Name the address that `serve` has, with --public-url.",
            )
        # GitHub leads from an old name of a repository to the new one, where the hook is wanted.
        is_renamed = bool(note.hook) and self.notes.having(note.hook) != [repository_key(repository)]
        found = 0 if is_renamed else self.hooks.remove(repository, self._wanted(repository, note, ""))
        # What is needed to find the hook goes last.
        if self.secrets and self.secrets.can_be_written:
            self.secrets.forget(repository)
        self.notes.forget(repository)
        return found

    def keep_app(self) -> bool:
        """Let the webhook of our GitHub App be as it should, with the shared secret; return whether it was written.

        Raises:
            UserError: There is no App or no shared secret, or GitHub does not let us.
            TemporaryError: GitHub is away, or what is kept cannot be read or written.
        """
        if not self.shared:
            raise UserError("There is no webhook secret of the GitHub App.", hint="Set GITOPSMITH_WEBHOOK_SECRET.")
        note = self.notes.get(APP)
        mark = fingerprint(self.shared)
        is_written = self.hooks.keep_app(app_url(self.address), self.shared, has_secret=note.secret == mark)
        if is_written:
            self.notes.put(APP, replace(note, secret=mark, secret_at=self.clock()))
        return is_written

    def problem_of_app(self, *, wanted: bool) -> str:
        """Return why what the webhook of our GitHub App brings is not as it should be; empty where it is.

        Args:
            wanted: Whether it is the one that brings everything.

        Raises:
            UserError: There is no App, or GitHub does not let us.
            TemporaryError: GitHub is away.
        """
        if wanted:
            lacking = self.hooks.events_lacking_to_app()
            return (
                f"It is not told of {', '.join(lacking)}: add that on its page, Permissions & events."
                if lacking
                else ""
            )
        if self.hooks.url_of_app() != app_url(self.address):
            return ""
        return (
            "Its own webhook delivers here as well, so all news comes twice: make it inactive on the App's page, or "
            "let `serve` keep that one alone, by --app-webhook."
        )

    def _wanted(self, repository: str, note: HookNote, secret: str) -> WantedHook:
        return WantedHook(
            url=payload_url(self.address, repository),
            known=note.hook,
            has_secret=note.secret == fingerprint(secret),
            patient=0 <= self.clock() - note.secret_at < _PATIENCE,
        )

    def _secrets_of(self, repository: str) -> tuple[str, ...]:
        if self.secrets and (own := self.secrets.of(repository)):
            return own
        if self.secrets and (self.secrets.can_be_written or not self.shared):
            return self.secrets.ensure(repository, before=self.shared)
        if not self.shared:
            raise UserError(
                f"{repository}: there is no secret for its webhook.",
                hint="Set GITOPSMITH_WEBHOOK_SECRET, or name a file for secrets with --webhook-secrets.",
            )
        return (self.shared,)

    def _set(self, repository: str, note: HookNote, kept: Kept, secret: str) -> None:
        """Take note of what was written; where deliveries were answered 401, let GitHub try."""
        before = note if note.hook == kept.hook.id else HookNote(kept.hook.id)
        self.notes.put(repository, replace(before, secret=fingerprint(secret), secret_at=self.clock()))
        if kept.hook.last_status == HTTPStatus.UNAUTHORIZED:
            self.hooks.ping(repository, kept.hook.id)
        fields = sorted(kept.decision.fields) if isinstance(kept.decision, Repair) else []
        _log.info(
            "webhook set", repository=repository, hook=kept.hook.id, done=type(kept.decision).__name__, fields=fields
        )
