"""What GitHub refuses and what may pass, as errors that say what to do. Pure.

What GitHub's statuses and headers mean: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
and https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import responses
from typing import Any

from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.core.pull_requests import clean

_MAY_PASS = frozenset({408, 425})
_SECONDARY = 60.0
"""GitHub asks for a minute where it limits and does not say for how long."""
_LONGEST = 3600.0
_LIMITED = ("api rate limit exceeded", "secondary rate limit", "abuse detection")
_SHOWN_ERRORS = 3


class RefusedError(UserError):
    """GitHub does not do what it was asked.

    Args:
        message: What was asked and what GitHub said.
        status: The HTTP status.
        hint: What to do about it.
    """

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotFoundError(RefusedError):
    """GitHub does not have what was asked for, or does not let us know of it."""


class UnavailableError(TemporaryError):
    """GitHub cannot answer now.

    Args:
        message: What was asked and what is known of the cause.
        retry_after: The seconds after which to ask again, at most an hour; None where GitHub does not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LimitedError(UnavailableError):
    """GitHub has been asked too often; `retry_after` is always known."""


@dataclass(frozen=True)
class Answered:
    """What GitHub answered.

    Attributes:
        asked: What it was asked: the verb and the path.
        status: The HTTP status.
        headers: The headers, their names in small letters.
        data: The body, read as JSON; None where it is none.
    """

    asked: str
    status: int
    headers: Mapping[str, str]
    data: Any = None

    @property
    def said(self) -> str:
        """GitHub's own words, and what it names wrong in a body that it was sent."""
        data = self.data if isinstance(self.data, dict) else {}
        errors = data.get("errors")
        told = [_told(error) for error in errors[:_SHOWN_ERRORS]] if isinstance(errors, list) else []
        return clean("; ".join(filter(None, [str(data.get("message") or ""), *told]))) or responses.get(self.status, "")


def failure(answered: Answered, *, advice: str, now: float) -> GitopsmithError:
    """Return what an answer with a status of 300 or more means.

    Args:
        answered: The answer.
        advice: What to do where GitHub does not know our credentials.
        now: The time, in seconds since 1970; used where GitHub does not say what time it is there.
    """
    status, said = answered.status, answered.said
    told = f"GitHub, asked for `{answered.asked}`, answers {status}: {said}"
    if _is_limit(answered):
        wait = _wait(answered.headers, now)
        seconds = _SECONDARY if wait is None else wait
        return LimitedError(f"{told} It wants to be asked again after {seconds:.0f} s.", retry_after=seconds)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        return UnavailableError(told, retry_after=_wait(answered.headers, now))
    if status < HTTPStatus.BAD_REQUEST:
        return RefusedError(told, status=status, hint="It was renamed or given to another owner: use its new name.")
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(told, status=status, hint=_not_found_hint(answered.headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return RefusedError(told, status=status, hint=advice)
    hint = _forbidden_hint(answered) if status == HTTPStatus.FORBIDDEN else ""
    return RefusedError(told, status=status, hint=hint)


def their_now(headers: Mapping[str, str], now: float) -> float:
    """Return what time it was at GitHub when it answered, in seconds since 1970; `now` where it does not say."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return now


def _told(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    named = " ".join(str(error[key]) for key in ("resource", "field", "code") if error.get(key))
    return str(error.get("message") or named)


def _is_limit(answered: Answered) -> bool:
    if answered.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    headers, said = answered.headers, answered.said.casefold()
    return answered.status == HTTPStatus.FORBIDDEN and (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or any(words in said for words in _LIMITED)
    )


def _wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that GitHub wants to be left alone, by its own clock; None where it does not say."""
    seconds = _number(headers.get("retry-after", ""))
    if seconds is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset", ""))
        # The limit is back in the course of that second.
        seconds = None if reset is None else reset - their_now(headers, now) + 1.0
    return None if seconds is None else min(max(seconds, 1.0), _LONGEST)


def _number(text: str) -> float | None:
    # Some proxies in front of an Enterprise Server write it with a fraction.
    whole = text.strip().partition(".")[0]
    return float(whole[:12]) if whole.isascii() and whole.isdigit() else None


def _not_found_hint(headers: Mapping[str, str]) -> str:
    hint = "Check its name; GitHub says the same of what our credentials may not see."
    if scopes := _missing_scopes(headers):
        hint += f" The token lacks a scope that this needs: {scopes}."
    return hint


def _forbidden_hint(answered: Answered) -> str:
    headers, said = answered.headers, answered.said.casefold()
    if "suspended" in said:
        return "An owner of the account can unsuspend it: Settings, GitHub Apps, Configure."
    if "ip allow list" in said:
        return (
            "An owner of the organization can add the address of this machine: Settings, Authentication security, IP "
            "allow list."
        )
    if "x-github-sso" in headers:
        return (
            "The organization wants single sign-on: authorize the token for it, Settings, Developer settings, Tokens."
        )
    if permissions := headers.get("x-accepted-github-permissions"):
        return f"It needs the permission {clean(permissions)}: grant it to the App or the token, and accept it."
    if scopes := _missing_scopes(headers):
        return f"The token lacks a scope that this needs: {scopes}."
    return ""


def _missing_scopes(headers: Mapping[str, str]) -> str:
    """Return the scopes of which a classic token needs one and has none; empty where that is not what is wrong."""
    if "x-oauth-scopes" not in headers:
        return ""
    has, needs = (
        {scope.strip() for scope in headers.get(name, "").split(",")} - {""}
        for name in ("x-oauth-scopes", "x-accepted-oauth-scopes")
    )
    return "" if has & needs else " or ".join(sorted(clean(scope) for scope in needs))
