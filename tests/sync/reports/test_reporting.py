"""What GitHub should be told, found in the tree and in the inbox after each batch, and found again after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from generator.core.deployment_states import Report
from generator.core.errors import TemporaryError
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.pull_requests import Requests
from generator.sync.following import DocumentReader
from generator.sync.news.delivery import Delivery
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.reporting import Reporting
from generator.sync.reports.reports_table import LEASE, Reports
from generator.sync.settlement import Settlement
from generator.sync.store.database import Database
from generator.sync.store.inbox import Inbox
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.memory_sync import MemorySync
from tests.sync.told import START, delivery, pull_request, release

SHA, OTHER = "a" * 40, "b" * 40


@pytest.fixture
def sync(gitops: MemoryGitops, database: Database) -> MemorySync:
    """The sync over the organization `acme` in memory, on each kind of database."""
    return MemorySync(gitops, Inbox(database))


@pytest.fixture
def reporting(sync: MemorySync, database: Database) -> Iterator[Reporting]:
    """What decides, over repositories that are on no GitHub."""
    reports = Reports(database)
    with Connection(Token("of nobody"), "http://127.0.0.1:9") as connection:
        promotions = Promotions(reports, Requests(connection), connection.url, lambda: sync.now)
        yield Reporting(sync.inbox, reports, lambda: sync.now, promotions)


def look(sync: MemorySync, reporting: Reporting, *settled: Delivery, whole: bool = False) -> None:
    """Look as the drain does with what it has settled."""
    outcomes = [(one, _settlement(sync.inbox.get(one.id))) for one in settled]
    with sync.gitops.view() as view:
        following = DocumentReader().read(view.main, view.layout)
        reporting.look(view, following, outcomes, whole=whole)


def _settlement(one: Delivery) -> Settlement:
    return Settlement(one.id, one.state, one.result, one.reason, one.commit, waiting_for=one.waiting_for)


def shown(reporting: Reporting) -> list[tuple[str, str, str]]:
    return sorted((one.where, one.ref[:1], one.state) for one in reporting.reports.kept())


def test_a_preview_is_told_from_the_wait_for_its_image_to_its_end(sync: MemorySync, reporting: Reporting) -> None:
    sync.registry.missing = {SHA}
    opened = delivery("pull_request", pull_request(7, SHA))
    sync.take(opened)
    look(sync, reporting, opened)
    (waiting,) = reporting.reports.kept()
    assert (waiting.where, waiting.state) == ("preview-pr-7", "queued")
    assert waiting.description == f"Waits for ghcr.io/acme/podinfo:{SHA}: the registry does not have it"
    sync.registry.missing = set()
    sync.now += 60
    sync.settle()
    look(sync, reporting, opened)
    (committed,) = reporting.reports.kept()
    assert (committed.state, committed.ref, committed.version) == ("in_progress", SHA, SHA)
    assert committed.log_url == f"https://github.com/acme-apps/acme-gitops/commit/{sync.inbox.get(opened.id).commit}"
    closed = delivery("pull_request", pull_request(7, SHA, action="closed", state="closed", at=START + 60))
    sync.take(closed)
    look(sync, reporting, closed)
    assert shown(reporting) == [("preview-pr-7", "a", "inactive")]


def test_a_process_that_knows_nothing_finds_all_of_it_again(sync: MemorySync, reporting: Reporting) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.registry.missing = {OTHER}
    sync.take(delivery("pull_request", pull_request(8, OTHER)))
    look(sync, reporting)
    assert shown(reporting) == [("preview-pr-7", "a", "in_progress"), ("preview-pr-8", "b", "queued")]


def test_an_image_that_did_not_come_is_a_failure_until_newer_news(sync: MemorySync, reporting: Reporting) -> None:
    sync.registry.missing = {SHA}
    sync.drain.image_timeout = 0.0
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    look(sync, reporting)
    assert shown(reporting) == [("preview-pr-7", "a", "failure")]
    sync.take(delivery("pull_request", pull_request(7, OTHER, action="synchronize", at=START + 60)))
    look(sync, reporting)
    assert shown(reporting) == [("preview-pr-7", "a", "inactive"), ("preview-pr-7", "b", "in_progress")]


def test_a_version_is_told_where_it_arrived_and_ended_where_a_person_took_it_back(
    sync: MemorySync, reporting: Reporting
) -> None:
    released = delivery("release", release("v6.8.0"))
    sync.take(released)
    look(sync, reporting, released)
    staging, production = sorted(reporting.reports.kept(), key=lambda one: one.production)
    assert (staging.environment, staging.ref, staging.version, staging.state) == (
        "staging",
        "v6.8.0",
        "6.8.0",
        "in_progress",
    )
    assert (production.environment, production.production) == ("production", True)
    sync.gitops.edit("registry/environments/staging/prod-eu/podinfo/kustomization.yaml", "6.8.0", "6.7.0")
    before = shown(reporting)
    look(sync, reporting)
    assert shown(reporting) == before
    look(sync, reporting, whole=True)
    assert shown(reporting) == [("production", "v", "in_progress"), ("staging", "v", "inactive")]


DOCUMENT = "apps/podinfo.yaml"
PRODUCTION = "registry/environments/production/prod-eu/podinfo/kustomization.yaml"


def test_a_version_that_is_proposed_waits_and_is_there_once_it_was_merged(
    sync: MemorySync, reporting: Reporting
) -> None:
    sync.gitops.edit(DOCUMENT, "- environment: production", "- environment: production\n      mode: pull-request")
    released = delivery("release", release("v6.8.0"))
    with sync.gitops.view() as view:
        following = DocumentReader().read(view.main, view.layout)
        reporting.look(view, following, [(released, Settlement(released.id, "done", "committed"))])
    assert shown(reporting) == [("production", "v", "queued")]
    (proposed,) = reporting.reports.kept()
    assert proposed.description == "Proposed; waits for its pull request to be merged."
    look(sync, reporting, whole=True)
    assert shown(reporting) == [("production", "v", "queued")]
    sync.gitops.edit(PRODUCTION, "6.7.0", "6.8.0")
    look(sync, reporting, whole=True)
    assert shown(reporting) == [("production", "v", "in_progress")]


def test_what_is_refused_is_an_error_with_its_reason(sync: MemorySync, reporting: Reporting) -> None:
    # Nothing is pushed from a workspace, so there is nowhere to propose anything.
    sync.gitops.edit(DOCUMENT, "- environment: production", "- environment: production\n      mode: pull-request")
    released = delivery("release", release("v6.8.0"))
    sync.take(released)
    look(sync, reporting, released)
    (refused,) = reporting.reports.kept()
    assert (refused.where, refused.state) == ("staging", "error")
    assert refused.description == "Podinfo goes to production by pull request, and nothing is pushed here."


def test_a_version_that_a_person_promotes_is_told_with_the_next_whole_look(
    sync: MemorySync, reporting: Reporting
) -> None:
    sync.gitops.edit(DOCUMENT, "    - environment: production\n", "")
    released = delivery("release", release("v6.8.0"))
    sync.take(released)
    look(sync, reporting, released)
    assert shown(reporting) == [("staging", "v", "in_progress")]
    sync.gitops.edit(PRODUCTION, "6.7.0", "6.8.0")
    look(sync, reporting, whole=True)
    production, staging = sorted(reporting.reports.kept(), key=lambda one: one.environment)
    assert (production.environment, production.ref, production.version, production.state) == (
        "production",
        "v6.8.0",
        "6.8.0",
        "in_progress",
    )
    assert staging.state == "in_progress"


def test_the_same_changes_nothing_and_wakes_nobody(sync: MemorySync, reporting: Reporting) -> None:
    woken: list[None] = []
    reporting.changed = lambda: woken.append(None)
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    for _ in range(3):
        look(sync, reporting)
    assert len(woken) == 1


def test_whatever_is_wrong_with_reports_does_not_reach_who_commits(
    sync: MemorySync, reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (TemporaryError("the disk is full"), ZeroDivisionError()):

        def fail(error: Exception = error) -> list[Report]:
            raise error

        monkeypatch.setattr(reporting.reports, "kept", fail)
        look(sync, reporting)


def test_an_empty_branch_ends_nothing(sync: MemorySync, reporting: Reporting) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    look(sync, reporting)
    sync.gitops.branch.now = replace(sync.gitops.branch.now, main=None)
    look(sync, reporting)
    assert shown(reporting) == [("preview-pr-7", "a", "in_progress")]


def test_what_somebody_took_is_his_until_he_gives_it_back_or_his_time_is_over(
    sync: MemorySync, reporting: Reporting
) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    look(sync, reporting)
    reports, now = reporting.reports, sync.now
    taken = [reports.take("one", now) for _ in range(3)]
    assert all(taken)
    assert reports.take("two", now) is None
    assert reports.next_due(now) == LEASE
    reports.give_back("one")
    late = reports.take("two", now)
    assert late
    assert taken[0]
    reports.told(taken[0], 5, now)  # whose time was over: what the other does counts
    assert reports.take("two", now + LEASE + 1)


def test_what_changes_while_it_is_told_is_told_again(sync: MemorySync, reporting: Reporting) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    look(sync, reporting)
    taken = reporting.reports.take("one", sync.now)
    assert taken
    sync.take(delivery("pull_request", pull_request(7, SHA, action="closed", state="closed", at=START + 60)))
    look(sync, reporting)
    reporting.reports.told(taken, 5, sync.now)
    again = reporting.reports.take("one", sync.now)
    assert again
    assert (again.item.kind, again.item.state, again.remote_id) == ("deployment", "inactive", 5)


def test_what_ended_long_ago_is_forgotten_once_it_was_told(sync: MemorySync, reporting: Reporting) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    look(sync, reporting)
    sync.take(delivery("pull_request", pull_request(7, SHA, action="closed", state="closed", at=START + 60)))
    look(sync, reporting)
    assert reporting.reports.prune(sync.now + 8 * 86_400) == 0
    while taken := reporting.reports.take("one", sync.now):
        reporting.reports.told(taken, 5, sync.now)
    assert reporting.reports.prune(sync.now + 8 * 86_400) == 3
