"""How webhooks look from outside: whose they are, whether they deliver, and when they did last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.core.instants import show_instant
from generator.hub.hook_deliveries import Deliveries
from generator.hub.hooks import Hooks
from generator.sync.hooks.hook_notes import HookNotes
from generator.sync.hooks.hook_states import HookStates
from tests.github_double.faults import SECONDARY_LIMIT, Answer
from tests.sync.hooked import SLUG, Hooked, hooked_up

Seen = Callable[..., dict[str, Any]]


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path) as found:
        found.keeping.keep(SLUG)
        found.github.courier.settle()
        yield found


def states(hooked: Hooked, *, address: str = "", notes: HookNotes | None = None) -> HookStates:
    pages, connection = hooked.pages, hooked.connection
    return HookStates(Hooks(connection, pages), Deliveries(connection, pages), notes or HookNotes(), address)


def test_a_webhook_of_ours_is_shown_with_its_last_delivery(hooked: Hooked) -> None:
    hooked.release("v1")
    last = hooked.hook.deliveries[-1]
    (found,) = states(hooked, address=hooked.address).of([SLUG])
    assert found.row() == {
        "repository": SLUG,
        "webhook": "active",
        "id": hooked.hook.id,
        "url": hooked.url,
        "events": sorted(hooked.hook.events),
        "last_delivery": {"at": last.delivered_at, "status": 202, "event": "release", "delivery": last.guid},
        "problem": "",
    }
    assert found.last
    assert show_instant(found.last.delivered_at) == last.delivered_at


def test_few_calls_are_made_and_they_cost_nothing_again(hooked: Hooked) -> None:
    before = len(hooked.github.calls())
    states(hooked).of([SLUG])
    assert len(hooked.github.calls()) == before + 2
    states(hooked).of([SLUG])
    assert not any(seen.charged for seen in hooked.github.calls()[before + 2 :])


BREAKS: dict[str, Callable[[Hooked], Any]] = {
    "inactive": lambda hooked: setattr(hooked.hook, "active", False),
    "elsewhere": lambda hooked: hooked.hook.config.update(url=f"https://old.example/payload/{SLUG}"),
    "missing": lambda hooked: hooked.repository.hooks.clear(),
}


@pytest.mark.parametrize("state", BREAKS)
def test_what_is_wrong_with_it_is_shown(hooked: Hooked, state: str) -> None:
    BREAKS[state](hooked)
    (found,) = states(hooked, address=hooked.address).of([SLUG])
    assert (found.state, found.problem) == (state, "")


def test_without_an_address_whatever_delivers_to_one_of_us_is_ours(hooked: Hooked) -> None:
    hooked.hook.config["url"] = "https://any.example/gitopsmith/payload/Acme/podinfo"
    assert [found.state for found in states(hooked).of([SLUG])] == ["active"]
    hooked.hook.config["url"] = "https://any.example/hooks/acme/podinfo"
    assert [found.state for found in states(hooked).of([SLUG])] == ["missing"]


def test_one_that_is_known_is_ours_wherever_it_was_led(hooked: Hooked) -> None:
    hooked.hook.config["url"] = "https://any.example/hooks/acme/podinfo"
    (found,) = states(hooked, address=hooked.address, notes=hooked.notes).of([SLUG])
    assert (found.state, found.hook and found.hook.id) == ("elsewhere", hooked.hook.id)


def test_one_that_never_delivered_is_not_asked_for_deliveries(hooked: Hooked) -> None:
    hooked.hook.deliveries.clear()
    before = len(hooked.github.calls())
    (found,) = states(hooked).of([SLUG])
    assert (found.state, found.last) == ("active", None)
    assert len(hooked.github.calls()) == before + 1


def test_what_cannot_be_known_of_one_hides_no_other(hooked: Hooked) -> None:
    missing, found = states(hooked).of(["acme/missing", SLUG])
    assert (missing.state, found.state) == ("unknown", "active")
    assert "404" in missing.problem


def test_a_limit_is_not_tried_with_every_repository(hooked: Hooked) -> None:
    hooked.github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "60"}), times=None)
    before = len(hooked.github.calls())
    found = states(hooked).of([f"acme/app-{number}" for number in range(100)])
    assert {one.state for one in found} == {"unknown"}
    assert len(hooked.github.calls()) < before + 20


def test_the_webhook_of_an_app_is_shown_and_stands_in_for_those_of_repositories(tmp_path: Path) -> None:
    with hooked_up(tmp_path, as_app=True) as hooked:
        assert not states(hooked, address=hooked.address).of_app().is_here
        hooked.keeping.keep_app()
        hooked.release("v1")
        app = states(hooked, address=hooked.address).of_app()
        assert (app.url, app.is_here, app.last and app.last.status) == (f"{hooked.address}/webhook", True, 202)
        assert states(hooked).of_app().is_here
        assert [one.state for one in states(hooked).of([SLUG], at_app=True)] == ["app"]
        assert hooked.app
        hooked.app.hook = None
        assert states(hooked).of_app().row() == {
            "url": None,
            "delivers_here": False,
            "last_delivery": None,
            "problem": "",
        }
        hooked.github.fault(Answer(503), times=None)
        assert "503" in states(hooked).of_app().problem
