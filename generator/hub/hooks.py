"""The webhooks of repositories, and that of a GitHub App: listed, made, repaired, removed.

An edit of a hook's settings that leaves its secret out removes the secret, so each one brings it along:
https://docs.github.com/en/rest/repos/webhooks#update-a-repository-webhook
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.core.errors import UserError
from generator.hub.accounts import who_calls
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError, UnavailableError
from generator.hub.hook_decision import Adopt, Create, Decision, Hook, Keep, Repair, WantedHook, decide, ours_of
from generator.hub.pages import KeptPage, Pages, kept_page
from generator.hub.permissions import lacking_events
from generator.hub.requester import Answer, Caller

_MOST_PAGES = 20
_ROUNDS = 3
"""How often is decided anew because somebody else changes hooks at the same time."""
_STALE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})
_CONFIG = frozenset({"url", "content_type", "insecure_ssl", "secret"})
"""What GitHub replaces as one."""


@dataclass(frozen=True)
class Kept:
    """A webhook that is as it should be.

    Attributes:
        hook: The hook, as it was before where it was edited.
        decision: What was done for that.
    """

    hook: Hook
    decision: Decision

    @property
    def is_secret_set(self) -> bool:
        """Whether its secret was set just now."""
        match self.decision:
            case Keep():
                return False
            case Repair(fields=fields):
                return bool(fields & _CONFIG)
            case _:
                return True


class Hooks:
    """The webhooks of one GitHub. Several threads may use it at once.

    Every method raises `UserError` where there is no such repository or GitHub does not let us in, `UnavailableError`
    where it is away or limits us, and `TemporaryError` where what is kept of its answers cannot be read or written.

    Args:
        connection: Who asks.
        pages: What is kept between listings: hooks that have not changed cost no call of GitHub's limit.
    """

    def __init__(self, connection: Connection, pages: Pages) -> None:
        self._connection = connection
        self._pages = pages

    @property
    def is_app(self) -> bool:
        """Whether a GitHub App asks, which may have a webhook of its own."""
        return self._connection.is_app

    def of(self, repository: str, *, anew: bool = False) -> tuple[Hook, ...]:
        """Return every webhook of a repository.

        Args:
            repository: Its owner and name.
            anew: Whether to ask for all of it, whatever is kept.
        """
        path, caller = self._of(repository)
        url = f"{path}?per_page=100"
        found: list[Hook] = []
        for _ in range(_MOST_PAGES):
            page = self._page(caller, url, anew=anew)
            found += [_kept_hook(item) for item in page.items]
            if not page.next:
                return tuple(found)
            url = page.next
        raise UserError(f"{repository}: there are more than {_MOST_PAGES * 100} webhooks, which is too many.")

    def keep(self, repository: str, wanted: WantedHook, secret: str) -> Kept:
        """Let the webhook of a repository be as it should; nothing is written where it is.

        Args:
            repository: Its owner and name.
            wanted: What it should be like.
            secret: What its deliveries are signed with.
        """
        hooks = self.of(repository)
        for _ in range(_ROUNDS):
            decision = decide(hooks, wanted)
            try:
                return Kept(self._carried_out(repository, decision, wanted, secret), decision)
            except RefusedError as error:
                if error.status not in _STALE:
                    raise
                now = self.of(repository, anew=True)
                # Where we decided by what is so, the refusal has another cause; else somebody else was quicker.
                if now == hooks:
                    raise
                hooks = now
        raise UnavailableError(f"{repository}: its webhooks change faster than they can be read.")

    def remove(self, repository: str, wanted: WantedHook) -> int:
        """Remove every webhook of ours from a repository, and return how many there were; one that is gone has none."""
        try:
            ours = ours_of(self.of(repository), wanted)
        except NotFoundError:
            return 0
        self._remove(repository, (hook.id for hook in ours))
        return len(ours)

    def ping(self, repository: str, hook: int) -> None:
        """Have GitHub deliver a `ping`, so that it learns anew how deliveries are answered."""
        path, caller = self._of(repository)
        caller.ask("POST", f"{path}/{hook}/pings", repeatable=True)

    def url_of_app(self) -> str:
        """Return where the webhook of our GitHub App delivers to; empty where it has none.

        Whether it is active, GitHub shows on the App's page alone.
        """
        try:
            return str(self._app_config().get("url") or "")
        except NotFoundError:
            return ""

    def events_lacking_to_app(self) -> tuple[str, ...]:
        """Return the events that our GitHub App should be told of and is not; people choose them on its page."""
        return tuple(event.name for event in lacking_events(who_calls(self._connection).events))

    def keep_app(self, url: str, secret: str, *, has_secret: bool) -> bool:
        """Let the webhook of our GitHub App be as it should; its events are set on the App's page alone.

        Args:
            url: Where it delivers to.
            secret: What its deliveries are signed with.
            has_secret: Whether that was set on it last.

        Returns:
            Whether anything was written.
        """
        try:
            config = self._app_config()
        except NotFoundError as error:
            raise UserError(
                "The GitHub App has no webhook of its own.",
                hint=f"Make one on the App's page, Webhook: active, with the URL {url}; or leave --app-webhook out.",
            ) from error
        wanted = _config(url, secret)
        shown = {name: str(config.get(name, "")) for name in wanted}
        is_right = bool(shown.get("secret")) and {**shown, "secret": ""} == {**wanted, "secret": ""}
        if is_right and has_secret:
            return False
        self._connection.app().ask("PATCH", "/app/hook/config", body=wanted, repeatable=True)
        return True

    def _app_config(self) -> Mapping[str, Any]:
        config = self._connection.app().ask("GET", "/app/hook/config").data
        return config if isinstance(config, dict) else {}

    def _carried_out(self, repository: str, decision: Decision, wanted: WantedHook, secret: str) -> Hook:
        path, caller = self._of(repository)
        config, events = _config(wanted.url, secret), sorted(wanted.events)
        match decision:
            case Keep(hook):
                return hook
            case Create():
                body: dict[str, Any] = {"name": "web", "active": True, "events": events, "config": config}
                # Made twice it is refused, and then the first one is found.
                return _answered(caller.ask("POST", path, body=body, repeatable=True), path)
            case Adopt(hook, spare):
                body = {"active": True, "events": events, "config": config}
            case Repair(hook, fields, spare):
                parts = {"active": True, "events": events} if fields - _CONFIG else {}
                body = {**parts, **({"config": config} if fields & _CONFIG else {})}
        self._remove(repository, spare)
        if body:
            caller.ask("PATCH", f"{path}/{hook.id}", body=body, repeatable=True)
        return hook

    def _remove(self, repository: str, ids: Iterable[int]) -> None:
        path, caller = self._of(repository)
        for number in ids:
            with suppress(NotFoundError):
                caller.ask("DELETE", f"{path}/{number}", repeatable=True)

    def _page(self, caller: Caller, url: str, *, anew: bool) -> KeptPage:
        def read(data: list[Any]) -> list[Any]:
            return [_keepable(hook) for item in data if (hook := _read(item, url)) is not None]

        return kept_page(caller, self._pages, f"{self._connection.url} {url}", url, read, anew=anew)

    def _of(self, repository: str) -> tuple[str, Caller]:
        place, caller = self._connection.of(repository)
        return f"{place}/hooks", caller


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Config(_Part):
    url: str = ""
    content_type: str = "form"
    insecure_ssl: str | float = "0"
    secret: str = ""


class _LastResponse(_Part):
    code: int | None = None


class _Hook(_Part):
    id: int
    name: str = "web"
    active: bool
    events: list[str]
    config: _Config
    last_response: _LastResponse | None = None


def _read(data: object, asked: str) -> Hook | None:
    """Return a webhook; None for a service of the old kind, which is none."""
    try:
        found = _Hook.model_validate(data)
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise UnavailableError(
            f"GitHub, asked for `{asked}`, shows something else than a webhook: {key} is wrong."
        ) from error
    if found.name != "web":
        return None
    return Hook(
        id=found.id,
        url=found.config.url,
        content_type=found.config.content_type,
        insecure_ssl=str(found.config.insecure_ssl) not in {"0", "0.0"},
        has_secret=bool(found.config.secret),
        active=found.active,
        events=frozenset(found.events),
        last_status=(found.last_response and found.last_response.code) or 0,
    )


def _answered(answer: Answer, asked: str) -> Hook:
    if (hook := _read(answer.data, asked)) is None:
        raise UnavailableError(f"GitHub, asked for `{asked}`, shows something else than a webhook.")
    return hook


def _keepable(hook: Hook) -> dict[str, Any]:
    return {**asdict(hook), "events": sorted(hook.events)}


def _kept_hook(kept: dict[str, Any]) -> Hook:
    return Hook(**{**kept, "events": frozenset(kept["events"])})


def _config(url: str, secret: str) -> dict[str, str]:
    return {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
