"""Previews stay as long as their app says, and a little longer: never shorter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from generator.core.documents import Preview
from generator.core.instants import parse_instant, seconds_of
from generator.core.preview_time import stay

times = st.integers(parse_instant("2026-01-01T00:00:00Z"), parse_instant("2026-02-01T00:00:00Z"))
policies = st.builds("{}{}".format, st.integers(1, 2000), st.sampled_from("hd")).map(lambda ttl: Preview(ttl=ttl))


@given(policies, times)
def test_a_preview_goes_never_early_and_at_most_a_quarter_of_its_time_late(policy: Preview, activity: int) -> None:
    time, found = seconds_of(policy.ttl), stay(policy, activity)
    assert found.updated <= activity
    assert activity + time < found.expires <= activity + time + time // 4


@given(policies, times, st.integers(0, 10**6))
def test_later_activity_never_shortens_it(policy: Preview, activity: int, later: int) -> None:
    before, after = stay(policy, activity), stay(policy, activity + later)
    assert (before.updated, before.expires) <= (after.updated, after.expires)
    assert stay(policy, before.updated) == before


def test_nothing_is_recorded_after_the_year_9999() -> None:
    assert stay(Preview(), parse_instant("9999-12-31T23:00:00Z")).expires == parse_instant("9999-12-31T23:59:59Z")
