"""What GitHub should be told, from what is there: the same whenever it is asked for again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.deployment_states import (
    DESCRIPTION_LIMIT,
    Arrival,
    Report,
    Situation,
    State,
    Waiting,
    described,
    wanted_reports,
    with_evidence,
)
from generator.core.layout import Layout
from generator.core.previews import ENVIRONMENT, OpenPreview

ONE, TWO = "1" * 40, "2" * 40


def preview(sha: str, number: int = 7) -> OpenPreview:
    place = Layout().app_place(ENVIRONMENT, "prod-eu", f"podinfo-pr-{number}")
    return OpenPreview("podinfo", number, "prod-eu", place, "acme/podinfo", sha, url="https://a.example")


def queued(sha: str, number: int = 7) -> Waiting:
    return Waiting("acme/podinfo", "podinfo", "preview", sha, "queued", "Waits for an image\nand more", number)


def shown(reports: list[Report]) -> list[tuple[str, State]]:
    return [(report.ref, report.state) for report in reports]


def test_a_newer_commit_that_waits_leaves_the_one_that_runs() -> None:
    kept = [with_evidence(one, "It answers.") for one in wanted_reports(Situation([preview(ONE)]), [])]
    reports = wanted_reports(Situation([preview(ONE)], [queued(TWO)]), kept)
    assert shown(reports) == [(ONE, "success"), (TWO, "queued")]
    assert reports[1].description == "Waits for an image"


def test_what_is_committed_waits_no_more() -> None:
    assert shown(wanted_reports(Situation([preview(ONE)], [queued(ONE)]), [])) == [(ONE, "in_progress")]


def test_what_nothing_asks_for_any_more_is_superseded_or_closed() -> None:
    kept = wanted_reports(Situation([preview(ONE)]), [])
    assert wanted_reports(Situation([preview(TWO)]), kept)[0].description == "Superseded by 2222222."
    (closed,) = wanted_reports(Situation(), kept)
    assert (closed.state, closed.description) == ("inactive", "Closed.")


def test_evidence_stays_as_long_as_the_address_does() -> None:
    kept = [with_evidence(one, "It answers.") for one in wanted_reports(Situation([preview(ONE)]), [])]
    moved = replace(preview(ONE), url="https://b.example")
    assert shown(wanted_reports(Situation([preview(ONE)]), kept)) == [(ONE, "success")]
    assert shown(wanted_reports(Situation([moved]), kept)) == [(ONE, "in_progress")]


def test_the_commit_that_brought_it_is_the_first_that_was_known() -> None:
    where, page = ("podinfo", "preview-pr-7"), "https://github.com/acme/x/commit/"
    kept = wanted_reports(Situation([preview(ONE)], commits={where: "c1"}, commit_page=page), [])
    (report,) = wanted_reports(Situation([preview(ONE)], commits={where: "c2"}, commit_page=page), kept)
    assert report.log_url == f"{page}c1"


def test_a_preview_that_a_person_wrote_without_its_commit_is_not_told() -> None:
    assert wanted_reports(Situation([preview("")]), []) == []


VERSION = ("podinfo", "production")


def test_an_environment_is_left_alone_where_its_version_cannot_be_read_or_still_stands() -> None:
    arrival = Arrival("acme/podinfo", "podinfo", "production", "v1", "1")
    kept = wanted_reports(Situation(arrivals=[arrival], production="production"), [])
    assert [one.production for one in kept] == [True]
    assert wanted_reports(Situation(), kept) == kept
    assert wanted_reports(Situation(versions={VERSION: frozenset({"1"})}), kept) == kept
    assert shown(wanted_reports(Situation(versions={VERSION: frozenset()}), kept)) == [("v1", "inactive")]


def test_a_version_that_arrived_unseen_is_found_by_the_tree() -> None:
    waiting = Waiting("acme/podinfo", "podinfo", "production", "v1", "queued", "Waits", version="1")
    kept = wanted_reports(Situation(waiting=[waiting]), [])
    assert shown(kept) == [("v1", "queued")]
    assert shown(wanted_reports(Situation(versions={VERSION: frozenset({"1"})}), kept)) == [("v1", "in_progress")]


def test_a_proposal_waits_as_long_as_its_request_does_and_no_longer_than_for_something_newer() -> None:
    first, second = (
        Waiting("acme/podinfo", "podinfo", "production", f"v{one}", "queued", "Proposed.", version=str(one))
        for one in (1, 2)
    )
    versions = {VERSION: frozenset({"0"})}
    kept = wanted_reports(Situation(waiting=[first]), [])
    assert wanted_reports(Situation(versions=versions, proposed={VERSION}), kept) == kept
    assert wanted_reports(Situation(versions=versions), kept) == kept
    assert shown(wanted_reports(Situation(versions=versions, proposed=()), kept)) == [("v1", "inactive")]
    newer = wanted_reports(Situation(waiting=[second], versions=versions, proposed={VERSION}), kept)
    assert shown(newer) == [("v1", "inactive"), ("v2", "queued")]


def test_the_address_of_an_app_is_that_of_its_deployment() -> None:
    arrival = Arrival("acme/podinfo", "podinfo", "production", "v1", "1")
    (report,) = wanted_reports(Situation(arrivals=[arrival], urls={VERSION: "https://podinfo.acme.dev"}), [])
    assert report.url == "https://podinfo.acme.dev"


def test_of_several_arrivals_the_last_one_runs() -> None:
    arrivals = [Arrival("acme/podinfo", "podinfo", "staging", f"v{one}", str(one)) for one in (1, 2)]
    assert shown(wanted_reports(Situation(arrivals=arrivals), [])) == [("v2", "in_progress")]


@pytest.mark.parametrize("text", ["x" * 141, "ü" * 500, "a\nb\u202ec", "word " * 60])
def test_a_description_is_one_short_line(text: str) -> None:
    told = described(text)
    assert len(told) <= DESCRIPTION_LIMIT
    assert "\n" not in told
    assert "\u202e" not in told


_SHAS = st.sampled_from([ONE, TWO])
_SITUATIONS = st.builds(
    Situation,
    st.lists(st.builds(preview, _SHAS, st.integers(1, 3)), unique_by=lambda one: one.number),
    st.lists(st.builds(queued, _SHAS, st.integers(1, 3))),
)


@given(st.lists(_SITUATIONS, max_size=5), _SITUATIONS)
def test_what_is_wanted_is_the_same_when_it_is_asked_for_again(before: list[Situation], now: Situation) -> None:
    kept: list[Report] = []
    for situation in before:
        kept = wanted_reports(situation, kept)
    once = wanted_reports(now, kept)
    assert wanted_reports(now, once) == once
    assert len({report.key for report in once}) == len(once)
    # At most one deployment of a preview runs, and it is the one of the tree.
    running = {report.series[2]: report.ref for report in once if report.state in {"in_progress", "success"}}
    assert running == {f"preview-pr-{one.number}": one.sha for one in now.previews}
