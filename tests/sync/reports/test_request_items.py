"""What GitHub is told of branches that stand for requests: the same for the same branches, an end for those gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from generator.core.promotion_request import PromotionRequest, request_branch
from generator.sync.reports.report_items import Item
from generator.sync.reports.request_items import request_items, standing_of
from generator.workspace.standing_requests import StandingRequest

NAME = "acme-apps/acme-gitops"


def standing(app: str, head: str, state: str = "open") -> StandingRequest:
    branch = request_branch(app, "production")
    request = PromotionRequest(branch, "main", f"{app} → {head}", "") if state == "open" else None
    return StandingRequest(branch, head, state, "", request)  # type: ignore[arg-type]  # one of four words


def after(kept: list[Item], found: list[StandingRequest]) -> list[Item]:
    """Return what is kept after a look."""
    return list({item.key: item for item in (*kept, *request_items(NAME, found, kept))}.values())


def test_a_branch_has_one_item_that_says_where_it_is_and_what_it_asks_for() -> None:
    (item,) = request_items(NAME, [standing("web", "a")], [])
    assert (item.kind, item.key, item.state) == ("request", f"{NAME} gitopsmith/web/production", "open")
    assert standing_of(item.content) == (NAME, standing("web", "a"))


def test_another_commit_is_told_also_where_it_says_the_same() -> None:
    one, other = (standing("web", head) for head in "ab")
    same = StandingRequest(other.branch, other.head, "open", "", one.request)
    assert request_items(NAME, [one], [])[0].fingerprint != request_items(NAME, [same], [])[0].fingerprint


def test_a_branch_that_is_gone_is_over_once() -> None:
    kept = request_items(NAME, [standing("web", "a")], [])
    (gone,) = request_items(NAME, [], kept)
    assert gone.state == "inactive"
    assert standing_of(gone.content)[1].state == "over"
    assert request_items(NAME, [], [gone]) == []


def test_what_is_of_another_repository_is_left_alone() -> None:
    kept = request_items("acme-apps/another", [standing("web", "a")], [])
    assert request_items(NAME, [], kept) == []
    assert len(request_items("Acme-Apps/Another", [], kept)) == 1


LOOKS = st.lists(
    st.dictionaries(
        st.sampled_from(["web", "api"]), st.tuples(st.sampled_from("abc"), st.sampled_from(["open", "over", "left"]))
    ),
    max_size=5,
)


@given(LOOKS, LOOKS)
def test_whatever_was_seen_before_the_last_look_decides(one: list[object], other: list[object]) -> None:
    """What stands is told alike by who saw all of it, who saw something else, and who looks twice."""
    last = [standing("web", "c"), standing("api", "c", "over")]
    known: list[list[Item]] = []
    for history in (one, other, []):
        kept: list[Item] = []
        for look in history:
            found = [standing(app, *seen) for app, seen in look.items()]  # type: ignore[attr-defined]
            kept = after(kept, found)
        kept = after(after(kept, last), last)
        known.append(sorted(kept, key=lambda item: item.key))
    assert known[0] == known[1] == known[2]
