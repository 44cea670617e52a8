"""Reconciliation: whatever was missed is found, and nothing is removed on doubt."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.core.documents import Organization
from generator.core.errors import TemporaryError
from generator.core.instants import show_instant
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.core.tree import MemoryTree
from generator.hub.failures import LimitedError
from generator.sync.news.delivery import Delivery
from generator.sync.news.events import PullRequestEvent, ReleaseEvent
from generator.sync.news.parsing import parse
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.sync.memory_gitops import MemoryGitops, memory_gitops
from tests.sync.memory_sync import MemoryListings, MemoryRegistry, MemorySync
from tests.sync.silent_registry import silent_registry
from tests.sync.told import START, delivery, pull_request, release

SHA, OTHER = "3f2c" + "0" * 36, "9b8c" + "0" * 36
RELEASE = Release("v6.7.1", published_at=show_instant(START))
PULL_REQUEST = PullRequest(7, SHA, "feat/7", base="main", author="ada", updated_at=show_instant(START))
Trees = tuple[Organization, MemoryTree, MemoryTree, MemoryTree]


def test_a_release_that_nobody_told_of_is_brought(sync: MemorySync) -> None:
    sync.github.listed_releases = [RELEASE]
    report = sync.reconcile()
    assert [found.kind for found in report.findings.found] == ["release"]
    assert (sync.version(), sync.version("production")) == ("6.7.1", "6.7.1")


def test_a_preview_that_nobody_told_of_is_opened_and_one_that_is_behind_catches_up(sync: MemorySync) -> None:
    sync.github.listed_pull_requests = [PULL_REQUEST]
    sync.reconcile()
    later = replace(PULL_REQUEST, sha=OTHER, updated_at=show_instant(START + 60))
    sync.github.listed_pull_requests = [later]
    sync.now += 60
    sync.reconcile()
    assert sync.subjects == ["Open preview podinfo-pr-7 at 3f2c000", "Update preview podinfo-pr-7 to 9b8c000"]


def test_a_commit_of_reconciliation_names_the_delivery_that_says_more(sync: MemorySync) -> None:
    sync.github.listed_releases = [RELEASE]
    sync.reconcile()
    (found,) = sync.inbox.listing()
    assert sync.gitops.branch.messages[0][1]["Gitopsmith-Delivery"] == found.id
    assert (found.event, found.action, found.result) == ("reconciliation", "release", "committed")


def test_where_all_is_well_nothing_is_done(sync: MemorySync) -> None:
    sync.github.listed_releases, sync.github.listed_pull_requests = [RELEASE], [PULL_REQUEST]
    sync.reconcile()
    commits = len(sync.subjects)
    assert sync.reconcile().findings.found == ()
    assert len(sync.subjects) == commits


def test_the_preview_of_a_pull_request_that_is_not_open_goes(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.reconcile()
    assert sync.subjects[-1] == "Close preview podinfo-pr-7"


def test_a_preview_that_is_idle_for_too_long_goes_and_does_not_come_back(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.github.listed_pull_requests = [PULL_REQUEST]
    sync.now += 10 * 86_400
    sync.reconcile()
    assert sync.previews() == set()
    assert sync.reconcile().findings.found == ()


def test_a_listing_that_is_not_whole_removes_nothing(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.github.fault = TemporaryError("page 3 was cut off")
    report = sync.reconcile()
    assert report.unlisted == {"acme/podinfo": "page 3 was cut off"}
    assert sync.previews() == {"podinfo-pr-7"}


def test_a_limit_is_not_tried_with_every_repository_and_removes_nothing(sync: MemorySync) -> None:
    class Limited(MemoryListings):
        asked = 0

        def releases(self, repository: str) -> Sequence[Release]:
            self.asked += 1
            raise LimitedError(f"{repository}: limited", retry_after=60.0)

    sync.take(delivery("pull_request", pull_request(7, SHA)))
    document = sync.gitops.branch.files()["apps/podinfo.yaml"]
    sync.gitops.add(
        {f"apps/app-{number}.yaml": document.replace(b"podinfo", f"app-{number}".encode()) for number in range(40)}
    )
    sync.reconciliation.listings = limited = Limited()
    report = sync.reconcile()
    assert set(report.unlisted) == {"acme/podinfo", *(f"acme/app-{number}" for number in range(40))}
    assert limited.asked <= 8
    assert sync.previews() == {"podinfo-pr-7"}


def test_too_many_removals_at_once_are_held_back(sync: MemorySync) -> None:
    sync.take(*(delivery("pull_request", pull_request(number, SHA)) for number in range(1, 9)))
    report = sync.reconcile()
    assert report.findings.held_back == 8
    assert len(sync.previews()) == 8
    assert b"gitopsmith_reconciliation_held_back_removals 8.0" in sync.metrics.exposition()[0]


def test_half_of_many_may_go(sync: MemorySync) -> None:
    sync.take(*(delivery("pull_request", pull_request(number, SHA)) for number in range(1, 9)))
    sync.github.listed_pull_requests = [replace(PULL_REQUEST, number=number) for number in range(1, 5)]
    sync.reconcile()
    assert sync.previews() == {f"podinfo-pr-{number}" for number in range(1, 5)}


def test_a_version_that_a_person_took_back_is_not_brought_again(sync: MemorySync) -> None:
    sync.take(delivery("release", release("v6.7.1")))
    path = "registry/environments/staging/prod-eu/podinfo/kustomization.yaml"
    sync.gitops.edit(path, "6.7.1", "6.7.0")
    sync.github.listed_releases = [RELEASE]
    report = sync.reconcile()
    assert sync.version() == "6.7.0"
    assert any("was taken back" in note for note in report.findings.notes)


def test_a_version_that_is_only_proposed_was_taken_back_by_nobody(sync: MemorySync) -> None:
    sync.take(delivery("release", release("v6.7.1")))
    sync.gitops.edit(
        "apps/podinfo.yaml", "- environment: production", "- environment: production\n      mode: pull-request"
    )
    sync.gitops.edit("registry/environments/production/prod-eu/podinfo/kustomization.yaml", "6.7.1", "6.7.0")
    sync.github.listed_releases = [RELEASE]
    report = sync.reconcile()
    assert report.findings.notes == ("v6.7.1 was proposed for podinfo/production, and waits for people.",)


def test_a_newer_release_moves_on_from_what_a_person_took_back(sync: MemorySync) -> None:
    sync.take(delivery("release", release("v6.7.1")))
    sync.gitops.edit("registry/environments/staging/prod-eu/podinfo/kustomization.yaml", "6.7.1", "6.7.0")
    sync.github.listed_releases = [RELEASE, replace(RELEASE, tag="v6.7.2")]
    sync.reconcile()
    assert sync.version() == "6.7.2"


def test_news_that_waits_for_its_image_is_not_told_twice(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.github.listed_pull_requests = [PULL_REQUEST]
    sync.reconcile()
    assert [one.id for one in sync.inbox.listing()] == [waiting.id]


def test_a_registry_that_says_nothing_is_asked_once_in_a_pass(gitops: MemoryGitops, sqlite_url: str) -> None:
    with silent_registry() as silent, open_database(sqlite_url) as database:
        gitops.edit("apps/podinfo.yaml", "image: ghcr.io/", f"image: {silent.host}/")
        sync = MemorySync(gitops, Inbox(database), cast(MemoryRegistry, silent.client))
        sync.github.listed_pull_requests = [replace(PULL_REQUEST, number=number) for number in range(1, 6)]
        report = sync.reconcile()
        assert silent.times_asked() == 1
    assert [f"{silent.host} does not answer" in reason for reason in report.waiting] == [True] * 5


def test_what_reconciliation_finds_waits_for_its_image_too(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    sync.github.listed_pull_requests = [PULL_REQUEST]
    report = sync.reconcile()
    assert report.waiting[0].startswith("Open preview podinfo-pr-7")
    assert sync.inbox.listing() == []


def test_a_dry_run_finds_and_changes_nothing(sync: MemorySync) -> None:
    sync.github.listed_releases = [RELEASE]
    before = sync.gitops.branch.files()
    report = sync.reconciliation.once(dry_run=True)
    assert [found.told for found in report.findings.found] == [
        "podinfo 6.7.0 → 6.7.1 in staging; podinfo 6.7.0 → 6.7.1 in production"
    ]
    assert sync.inbox.listing() == []
    assert sync.gitops.branch.files() == before


def test_documents_that_cannot_be_read_are_named_and_the_others_are_followed(sync: MemorySync) -> None:
    sync.gitops.edit("apps/podinfo.yaml", "template: service", "tempalte: service")
    report = sync.reconcile()
    assert any("tempalte" in note for note in report.findings.notes)


# What may happen on GitHub: a word, and the number of the pull request that it happens to.
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["open", "push", "close", "draft", "ready", "label", "pin", "release", "candidate"]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=12)
@given(HAPPENINGS, st.randoms(use_true_random=False))
@pytest.mark.parametrize("limit", [10, 2])
def test_law_2_whatever_order_and_loss_one_reconciliation_makes_it_the_same(
    podinfo_trees: Trees,
    tmp_path_factory: pytest.TempPathFactory,
    limit: int,
    happenings: list[tuple[str, int]],
    chance: random.Random,
) -> None:
    history, github = played(happenings)
    folder = tmp_path_factory.mktemp("law")
    in_order = outcome(podinfo_trees, f"{folder}/a.db", [[one] for one in history], github, limit)
    shuffled = [one for one in history + history if chance.random() < 0.6]
    chance.shuffle(shuffled)
    batches: list[list[Delivery]] = [[] for _ in range(1 + len(shuffled) // 2)]
    for one in shuffled:
        chance.choice(batches).append(one)
    assert outcome(podinfo_trees, f"{folder}/b.db", batches, github, limit) == in_order


def outcome(
    trees: Trees, file: str, batches: list[list[Delivery]], github: tuple[list[Release], list[PullRequest]], limit: int
) -> dict[str, bytes]:
    """Return what the branch holds after the batches and one reconciliation."""
    with open_database(f"sqlite:///{file}") as database:
        sync = MemorySync(memory_gitops(*trees), Inbox(database), now=START + 3600)
        policy = f"preview:\n    max: {limit}\n    labels: ['!wip']\n  delivery:\n"
        sync.gitops.edit("apps/podinfo.yaml", "delivery:\n", policy)
        sync.gitops.edit(
            "apps/podinfo.yaml", "environment: staging\n", "environment: staging\n      level: candidate\n"
        )
        for batch in batches:
            sync.take(*batch)
        sync.github.listed_releases, sync.github.listed_pull_requests = github
        report = sync.reconcile()
        assert report.findings.notes == ()
        return sync.gitops.branch.files()


def played(happenings: list[tuple[str, int]]) -> tuple[list[Delivery], tuple[list[Release], list[PullRequest]]]:
    """Return the deliveries of what happened, and what GitHub lists afterwards."""
    requests: dict[int, dict[str, Any]] = {}
    releases: list[dict[str, Any]] = []
    history = []
    for step, (what, number) in enumerate(happenings):
        at = START + 60 * step
        if what in {"release", "candidate"}:
            tag = f"v6.8.{step}" + ("-rc.1" if what == "candidate" else "")
            payload = release(tag, prerelease=what == "candidate", at=at)
            releases.append(payload)
            history.append(delivery("release", payload))
            continue
        known: dict[str, Any] = requests.get(
            number, {"state": "closed", "draft": False, "labels": (), "sha": f"{number}" * 40}
        )
        changes: dict[str, dict[str, Any]] = {
            "open": {"state": "open"},
            "push": {"sha": f"{step:040x}"},
            "close": {"state": "closed"},
            "draft": {"draft": True},
            "ready": {"draft": False},
            "label": {"labels": ("wip",)},
            "pin": {"labels": ("preview/pin",)},
        }
        requests[number] = {**known, **changes[what], "at": at}
        payload = pull_request(number, action="closed" if what == "close" else "edited", **requests[number])
        history.append(delivery("pull_request", payload))
    listed = [parse("release", json.dumps(one).encode()) for one in releases]
    opened = [
        parse("pull_request", json.dumps(pull_request(number, **request)).encode())
        for number, request in requests.items()
        if request["state"] == "open"
    ]
    return history, (
        [event.release for event in listed if isinstance(event, ReleaseEvent)],
        [event.pull_request for event in opened if isinstance(event, PullRequestEvent)],
    )
