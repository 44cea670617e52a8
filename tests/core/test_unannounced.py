"""A version that stands though no news brought it is known by where the app ran it before."""

from __future__ import annotations

from dataclasses import replace

from generator.core.deployment_states import Arrival, Report, Situation, wanted_reports
from generator.core.unannounced import unannounced

STAGING, PRODUCTION = ("podinfo", "staging"), ("podinfo", "production")
RUNS = Report("acme/podinfo", "podinfo", "staging", "v2", "in_progress", version="2")
TWO = frozenset({"2"})


def test_a_version_that_was_promoted_is_of_the_commit_that_it_was_promoted_from() -> None:
    arrived = unannounced([RUNS], {STAGING: TWO, PRODUCTION: TWO})
    assert arrived == [Arrival("acme/podinfo", "podinfo", "production", "v2", "2")]
    assert unannounced(wanted_reports(Situation(arrivals=arrived), [RUNS]), {STAGING: TWO, PRODUCTION: TWO}) == []


def test_a_version_that_somebody_went_back_to_runs_again() -> None:
    before = [replace(RUNS, ref="v1", version="1", state="inactive"), RUNS]
    (arrival,) = unannounced(before, {STAGING: frozenset({"1"})})
    assert (arrival.ref, arrival.environment) == ("v1", "staging")
    after = wanted_reports(Situation(arrivals=[arrival]), before)
    assert [(one.ref, one.state) for one in after] == [("v1", "in_progress"), ("v2", "inactive")]


def test_a_proposal_that_was_merged_is_there() -> None:
    (arrival,) = unannounced([replace(RUNS, state="queued")], {STAGING: TWO})
    assert arrival.ref == "v2"


def test_what_was_made_from_something_here_goes_before_what_was_made_from_it_elsewhere() -> None:
    here = replace(RUNS, ref="a", environment="production", state="inactive")
    assert [one.ref for one in unannounced([RUNS, here], {PRODUCTION: TWO})] == ["a"]


def test_nothing_is_told_of_versions_that_were_never_seen_of_previews_and_of_clusters_that_differ() -> None:
    preview = replace(RUNS, number=7)
    assert unannounced([RUNS], {PRODUCTION: frozenset({"1"})}) == []
    assert unannounced([preview], {PRODUCTION: TWO}) == []
    assert unannounced([RUNS], {PRODUCTION: frozenset({"1", "2"})}) == []
    assert unannounced([RUNS], {PRODUCTION: frozenset(), ("other", "staging"): TWO}) == []
