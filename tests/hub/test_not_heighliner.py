"""What broke in Heighliner's use of GitHub, and does not here; numbered as people knew it.

manifoldco/heighliner, archived 2019. What it did with deliveries and previews is tested beside `generator.sync`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_double.model import Hook
from tests.sync.hooked import RELEASE, SLUG, Hooked, hooked_up


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path) as found:
        yield found


def test_5_a_recreated_hook_signs_with_a_secret_that_the_running_server_accepts(hooked: Hooked) -> None:
    """The server kept the secret of the hook before: every delivery was answered 500 until a restart."""
    hooked.keeping.keep(SLUG)
    hooked.keeping.rotate(SLUG)
    hooked.github.courier.settle()
    hooked.repository.hooks.clear()
    hooked.keeping.keep(SLUG)
    hooked.release("v1")
    assert set(hooked.statuses()) == {202}
    assert hooked.taken() == RELEASE


def test_6_a_hook_that_nothing_is_known_of_is_adopted(hooked: Hooked) -> None:
    """Lost state led to 422 "Hook already exists" on every sync, which blocked reconciliation too."""
    hooked.keeping.keep(SLUG)
    number = hooked.hook.id
    hooked.forget()
    hooked.secrets.forget(SLUG)
    hooked.keeping.keep(SLUG)
    assert hooked.hook.id == number
    hooked.release("v1")
    assert hooked.statuses()[-3:] == [202] * 3


def test_6_a_hook_that_somebody_else_made_for_us_is_adopted(hooked: Hooked) -> None:
    state = hooked.github.state
    config = {"url": hooked.url, "content_type": "form", "secret": "nobody knows it"}
    by_hand = Hook(state.new_id(), hooked.repository, config, ("push",), False, state.now(), state.now())
    hooked.repository.hooks.append(by_hand)
    report = hooked.keeping.keep_all([SLUG])
    assert (report.done, report.problems) == ({"adopt": 1}, {})
    assert hooked.hook is by_hand
    hooked.release("v1")
    assert hooked.taken() == RELEASE


def test_13_a_hook_that_is_right_is_never_edited(hooked: Hooked) -> None:
    """It was edited on every sync: 120 calls or more per hour and repository."""
    hooked.keeping.keep(SLUG)
    hooked.release("v1")
    hooked.keeping.keep(SLUG)
    before = len(hooked.github.calls())
    for _ in range(144):
        hooked.now += 600
        hooked.keeping.keep(SLUG)
    assert {(seen.status, seen.charged) for seen in hooked.github.calls()[before:]} == {(304, False)}
    assert len(hooked.github.calls()) == before + 144
