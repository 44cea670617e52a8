"""Webhooks of repositories that no app follows: which go, and that none goes on doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.sync.hooks.unfollowed import NOTHING, Unfollowed, unfollowed
from tests.sync.hooked import following


def test_what_is_followed_stays_however_it_is_spelled() -> None:
    assert unfollowed(["acme/podinfo"], following("Acme/Podinfo")) == NOTHING


def test_what_is_followed_no_more_goes() -> None:
    assert unfollowed(["acme/old", "acme/podinfo"], following("acme/podinfo")).gone == ("acme/old",)


def test_none_goes_while_a_document_cannot_be_read_for_it_may_follow() -> None:
    found = unfollowed(["acme/old"], following(broken=(UserError("apps/old.yaml: no YAML"),)), allow_many=True)
    assert (found.gone, found.held_back) == ((), ("acme/old",))
    assert "apps/old.yaml: no YAML" in found.reason


def test_a_document_that_cannot_be_read_is_no_doubt_where_nothing_would_go() -> None:
    assert unfollowed(["acme/a"], following("acme/a", broken=(UserError("apps/b.yaml"),))) == NOTHING


@pytest.mark.parametrize(("gone", "stay", "are_held_back"), [(5, 0, False), (3, 3, False), (4, 3, True), (6, 0, True)])
def test_more_than_half_of_more_than_five_are_held_back(gone: int, stay: int, are_held_back: bool) -> None:
    old, kept = [f"acme/old-{number}" for number in range(gone)], [f"acme/app-{number}" for number in range(stay)]
    found = unfollowed([*old, *kept], following(*kept))
    assert bool(found.held_back) is are_held_back
    assert unfollowed([*old, *kept], following(*kept), allow_many=True) == Unfollowed(tuple(old))
    if are_held_back:
        assert found.reason == f"{gone} of {gone + stay} webhooks would go at once."


names = st.sets(st.integers(0, 30).map(lambda number: f"acme/app-{number}"))


@given(noted=names, followed=names, is_broken=st.booleans())
def test_law_5_nothing_that_is_followed_goes_and_nothing_goes_on_doubt(
    noted: set[str], followed: set[str], is_broken: bool
) -> None:
    found = unfollowed(sorted(noted), following(*followed, broken=(UserError("x"),) if is_broken else ()))
    assert followed.isdisjoint({*found.gone, *found.held_back})
    assert {*found.gone, *found.held_back} == noted - followed
    if is_broken or (len(noted) > 5 and 2 * len(noted - followed) > len(noted)):
        assert found.gone == ()
