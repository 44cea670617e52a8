"""What broke in Heighliner's GitHub Connector, and does not here; numbered as people knew it.

manifoldco/heighliner, archived 2019. What it did with GitHub's hooks and Deployments is tested beside `generator.hub`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.core.errors import TemporaryError
from generator.core.instants import show_instant
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from tests.sync.memory_sync import MemorySync
from tests.sync.told import START, delivery, pull_request, release

SHA, OTHER = "3f2c" + "0" * 36, "9b8c" + "0" * 36
OPEN = PullRequest(7, SHA, "feat/7", base="main", author="ada", updated_at=show_instant(START))


def test_3_a_preview_does_not_bounce_without_a_new_commit(sync: MemorySync) -> None:
    """It followed when the fork's repository was last touched."""
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    before = sync.gitops.branch.files()
    for minute in range(1, 30):
        news = pull_request(7, SHA, action="labeled", labels=(f"label-{minute}",), at=START + 60 * minute)
        sync.take(delivery("pull_request", news))
        sync.github.listed_pull_requests = [replace(OPEN, updated_at=show_instant(START + 60 * minute))]
        sync.reconcile()
    assert sync.gitops.branch.files() == before


def test_7_a_deleted_fork_a_lost_network_and_an_app_without_hosts_are_no_crash(sync: MemorySync) -> None:
    gone = pull_request(8, OTHER, fork=True)
    assert sync.take(delivery("pull_request", gone))[0].state == "done"
    sync.github.fault = TemporaryError("the network is away")
    assert sync.reconcile().unlisted
    documents = sync.gitops.branch.files()["apps/podinfo.yaml"].decode()
    hosts = documents[documents.index("  externalDNS:") :]
    sync.gitops.edit("apps/podinfo.yaml", hosts, "")
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert sync.previews() == {"podinfo-pr-7"}


def test_8_what_comes_at_once_replaces_nothing_of_the_other(sync: MemorySync) -> None:
    """A stale list of all releases was written back, and what it did not hold was lost."""
    sync.take(*(delivery("pull_request", pull_request(number, SHA)) for number in range(1, 6)))
    assert len(sync.previews()) == 5


def test_9_nothing_is_deployed_whose_image_is_not_there(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert sync.previews() == set()


def test_10_reconciliation_keeps_the_previews_of_more_pull_requests_than_a_page_holds(sync: MemorySync) -> None:
    sync.gitops.edit("apps/podinfo.yaml", "repo: podinfo\n", "repo: podinfo\n  maxAvailable: 100\n")
    sync.gitops.edit("apps/podinfo.yaml", "delivery:\n", "preview:\n    max: 100\n  delivery:\n")
    numbers = range(1, 36)
    sync.take(*(delivery("pull_request", pull_request(number, SHA)) for number in numbers))
    sync.github.listed_pull_requests = [replace(OPEN, number=number, branch=f"feat/{number}") for number in numbers]
    assert sync.reconcile().findings.found == ()
    assert len(sync.previews()) == 35


@pytest.mark.parametrize(
    ("policy", "changed"),
    [
        ("forks: never", {"fork": True}),
        ("drafts: false", {"draft": True}),
        ("labels: [preview]", {}),
        ("bases: [release/*]", {}),
        ("max: 0", {}),
        ("enabled: false", {}),
    ],
)
def test_11_the_policy_of_the_app_decides_which_pull_requests_are_deployed(
    sync: MemorySync, policy: str, changed: dict[str, bool]
) -> None:
    sync.gitops.edit("apps/podinfo.yaml", "delivery:\n", f"preview:\n    {policy}\n  delivery:\n")
    sync.take(delivery("pull_request", pull_request(7, SHA, **changed)))  # type: ignore[arg-type]
    sync.github.listed_pull_requests = [replace(OPEN, **changed)]  # type: ignore[arg-type]
    sync.reconcile()
    assert sync.previews() == set()


def test_11_a_preview_that_nobody_looks_at_goes(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.github.listed_pull_requests = [OPEN]
    sync.now += 6 * 86_400
    sync.reconcile()
    assert sync.previews() == set()


def test_12_plain_tags_are_versions_where_the_app_says_so(sync: MemorySync) -> None:
    sync.gitops.edit("apps/podinfo.yaml", "delivery:\n", "match:\n    tag: '{version}'\n  delivery:\n")
    sync.take(delivery("release", release("6.7.1")))
    assert sync.version() == "6.7.1"


def test_one_release_that_does_not_match_stops_no_other(sync: MemorySync) -> None:
    sync.github.listed_releases = [
        Release(tag, published_at=show_instant(START)) for tag in ("nightly", "v6.7.1", "v6.7.0.1", "")
    ]
    sync.reconcile()
    assert sync.version() == "6.7.1"
