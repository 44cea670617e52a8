"""What an answer means: refused for good, or to be asked again, and when."""

from __future__ import annotations

from typing import Any

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.failures import Answered, LimitedError, NotFoundError, RefusedError, UnavailableError, failure

NOW = 1_800_000_000.0


def meaning(status: int, data: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return failure(Answered("GET /user", status, named, data), advice="Set a new one.", now=NOW)


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_what_may_pass_is_temporary(status: int) -> None:
    found = meaning(status)
    assert type(found) is UnavailableError
    assert isinstance(found, TemporaryError)
    assert found.retry_after is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(301, RefusedError), (400, RefusedError), (404, NotFoundError), (410, RefusedError), (451, RefusedError)],
)
def test_what_will_not_pass_is_the_users(status: int, kind: type[RefusedError]) -> None:
    found = meaning(status)
    assert type(found) is kind
    assert isinstance(found, UserError)
    assert found.status == status


def test_a_403_is_a_limit_only_where_github_says_so() -> None:
    assert type(meaning(403, {"message": "Must have admin rights to Repository."})) is RefusedError
    assert type(meaning(403, {"message": "You have triggered an abuse detection mechanism."})) is LimitedError
    assert type(meaning(403, x_ratelimit_remaining="0")) is LimitedError
    assert type(meaning(403, retry_after="3")) is LimitedError
    assert type(meaning(429)) is LimitedError


def test_a_limit_is_counted_by_githubs_clock() -> None:
    date = "Fri, 15 Jan 2027 08:00:00 GMT"  # NOW, which is what our clock says, or is an hour behind
    for ours in (NOW, NOW - 3600):
        found = failure(
            Answered("GET /user", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000120", "date": date}),
            advice="",
            now=ours,
        )
        assert isinstance(found, LimitedError)
        assert found.retry_after == 121


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "30"}, 30),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "12.7"}, 12),
        ({"retry_after": "-5"}, 60),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "9" * 400}, 3600),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1799999000"}, 1),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1800000100", "date": "yesterday"}, 101),
        ({"x_ratelimit_remaining": "0"}, 60),
        ({"x_ratelimit_remaining": "17", "x_ratelimit_reset": "1800000100"}, 60),
    ],
)
def test_whatever_the_headers_say_the_wait_is_sensible(headers: dict[str, str], seconds: float) -> None:
    assert meaning(429, **headers).retry_after == seconds


@pytest.mark.parametrize(
    "data", [None, [], "text", {"message": None}, {"message": 7, "errors": "x"}, {"errors": [None, {}]}]
)
def test_any_body_can_be_told(data: Any) -> None:
    assert str(meaning(422, data)).startswith("GitHub, asked for `GET /user`, answers 422")


def test_what_github_says_is_shown_on_one_line() -> None:
    found = meaning(422, {"message": "Line\n\x1b[31mtwo", "errors": [{"resource": "Hook", "code": "custom"}, "plain"]})
    assert found.message == "GitHub, asked for `GET /user`, answers 422: Line [31mtwo; Hook custom; plain"


def test_a_hint_fits_what_is_wrong() -> None:
    assert meaning(401).hint == "Set a new one."
    assert meaning(403, x_accepted_github_permissions="contents=read").hint.startswith(
        "It needs the permission contents"
    )
    lacking = {"x_oauth_scopes": "gist", "x_accepted_oauth_scopes": "repo"}
    assert meaning(403, **lacking).hint == "The token lacks a scope that this needs: repo."
    assert "lacks a scope" not in meaning(404, x_oauth_scopes="repo, gist", x_accepted_oauth_scopes="repo").hint
    assert "lacks a scope" not in meaning(404, x_accepted_oauth_scopes="repo").hint


def test_an_address_that_is_not_allowed_is_told_before_any_permission() -> None:
    said = (
        "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow "
        "list enabled, and your IP address is not permitted to access this resource."
    )
    found = meaning(403, {"message": said}, x_accepted_github_permissions="contents=read")
    assert type(found) is RefusedError
    assert found.hint == (
        "An owner of the organization can add the address of this machine: Settings, Authentication security, IP allow "
        "list."
    )
