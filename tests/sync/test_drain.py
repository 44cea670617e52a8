"""The drain: what is due becomes commits, one push for all, and each delivery is told what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.sync.gitops import View
from generator.sync.reports.reporting import Reporting
from generator.sync.settlement import Settlement
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from generator.workspace.remotes import Remote
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.memory_sync import MemoryRegistry, MemorySync
from tests.sync.silent_registry import silent_registry
from tests.sync.told import START, delivery, package, pull_request, release

SHA, OTHER = "3f2c" + "0" * 36, "9b8c" + "0" * 36
DOCUMENT = "apps/podinfo.yaml"


def test_a_release_becomes_one_commit_for_all_environments_that_take_it(sync: MemorySync) -> None:
    (done,) = sync.take(delivery("release", release("v6.7.1")))
    assert (done.state, done.result) == ("done", "committed")
    assert done.commit == sync.gitops.branch.now.main
    assert sync.subjects == ["podinfo 6.7.0 → 6.7.1 in staging, production"]
    assert sync.gitops.branch.messages[0][1]["Gitopsmith-Delivery"] == done.id
    assert (sync.version(), sync.version("production")) == ("6.7.1", "6.7.1")


def test_everything_that_waits_goes_together_one_commit_each_one_push_for_all(sync: MemorySync) -> None:
    sync.take(
        delivery("release", release("v6.7.1")),
        delivery("pull_request", pull_request(7, SHA)),
        delivery("pull_request", pull_request(8, OTHER)),
    )
    assert sync.gitops.branch.pushes == [3]
    assert len(sync.subjects) == 3


def test_of_two_versions_in_a_batch_the_newer_is_written_and_names_the_other(sync: MemorySync) -> None:
    older, newer = sync.take(delivery("release", release("v6.7.1")), delivery("release", release("v6.7.2")))
    assert (older.result, newer.result) == ("superseded", "committed")
    assert sync.subjects == ["podinfo 6.7.0 → 6.7.2 in staging, production"]
    assert sync.gitops.branch.messages[0][1]["Gitopsmith-Supersedes"].startswith(f"{older.id} (6.7.1)")


def test_a_late_older_version_changes_nothing_and_says_so(sync: MemorySync) -> None:
    sync.take(delivery("release", release("v6.7.2")))
    (late,) = sync.take(delivery("release", release("v6.7.1")))
    assert (late.result, sync.version()) == ("unchanged", "6.7.2")
    assert "newer than 6.7.1" in late.reason


def test_the_same_delivery_twice_has_one_effect(sync: MemorySync) -> None:
    news = delivery("release", release("v6.7.1"))
    sync.take(news)
    sync.take(news)
    assert len(sync.subjects) == 1


def test_a_drain_that_died_after_its_push_writes_nothing_again(sync: MemorySync) -> None:
    (done,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.inbox.retry(done.id)
    assert sync.drain.once()
    assert len(sync.subjects) == 1
    assert sync.inbox.get(done.id).result == "unchanged"


def test_a_pull_request_opens_follows_its_head_and_closes_its_preview(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.take(delivery("pull_request", pull_request(7, OTHER, action="synchronize", at=START + 60)))
    closed = pull_request(7, OTHER, action="closed", state="closed", at=START + 120)
    sync.take(delivery("pull_request", closed))
    assert sync.subjects == [
        "Open preview podinfo-pr-7 at 3f2c000",
        "Update preview podinfo-pr-7 to 9b8c000",
        "Close preview podinfo-pr-7",
    ]


def test_a_closing_that_comes_before_the_opening_leaves_nothing(sync: MemorySync) -> None:
    before = sync.gitops.branch.files()
    sync.take(delivery("pull_request", pull_request(7, SHA, action="closed", state="closed", at=START + 60)))
    (late,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert late.result == "superseded"
    assert sync.gitops.branch.files() == before


def test_a_release_that_is_deleted_before_it_was_brought_is_not_brought(sync: MemorySync) -> None:
    brought, _ = sync.take(
        delivery("release", release("v6.7.1")), delivery("release", release("v6.7.1", action="deleted"))
    )
    assert brought.result == "superseded"
    assert sync.version() == "6.7.0"


def test_a_release_that_is_deleted_later_stays_where_it_runs(sync: MemorySync) -> None:
    sync.take(delivery("release", release("v6.7.1")))
    (deleted,) = sync.take(delivery("release", release("v6.7.1", action="deleted")))
    assert (deleted.result, sync.version()) == ("ignored", "6.7.1")


def test_a_repository_that_no_app_follows_is_told_so(sync: MemorySync) -> None:
    payload = release("v1.0.0") | {"repository": {"name": "x", "full_name": "acme/x", "owner": {"login": "acme"}}}
    (done,) = sync.take(delivery("release", payload))
    assert (done.result, done.reason) == ("ignored", "no app follows acme/x")


def test_a_preview_waits_for_its_image_and_is_seen_to(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert waiting.state == "waiting"
    assert waiting.reason == f"waits for ghcr.io/acme/podinfo:{SHA}: the registry does not have it"
    sync.registry.missing = set()
    sync.now = waiting.not_before
    assert sync.drain.once()
    assert sync.subjects == ["Open preview podinfo-pr-7 at 3f2c000"]


def test_a_published_package_opens_the_gate_at_once(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.registry.missing = set()
    sync.take(delivery("registry_package", package("ghcr.io/acme/podinfo", SHA)))
    assert sync.inbox.get(waiting.id).result == "committed"


def test_an_image_that_never_comes_is_given_up_with_the_reason(sync: MemorySync) -> None:
    sync.registry.missing = {SHA}
    (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    while (waiting := sync.inbox.get(waiting.id)).state == "waiting":
        sync.now = waiting.not_before
        sync.drain.once()
    assert (waiting.state, waiting.result) == ("failed", "gave-up")
    assert "did not come within 1800 s" in waiting.reason
    assert sync.now - START == pytest.approx(1800)


def test_a_registry_that_does_not_answer_is_waited_for_like_the_image(sync: MemorySync) -> None:
    sync.registry.fault = TemporaryError("ghcr.io does not answer")
    (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert waiting.state == "waiting"
    assert "does not answer" in waiting.reason


def test_a_registry_that_takes_questions_and_says_nothing_is_asked_once_for_all_that_waits(
    gitops: MemoryGitops, sqlite_url: str
) -> None:
    with silent_registry() as silent, open_database(sqlite_url) as database:
        gitops.edit(DOCUMENT, "image: ghcr.io/", f"image: {silent.host}/")
        sync = MemorySync(gitops, Inbox(database), cast(MemoryRegistry, silent.client))
        waiting = sync.take(*(delivery("pull_request", pull_request(number, SHA)) for number in range(1, 6)))
        assert silent.times_asked() == 1
    assert {(one.state, one.reason.partition(f"{SHA}: ")[2]) for one in waiting} == {
        ("waiting", f"{silent.host} does not answer, or too slowly.")
    }


def test_a_preview_that_shows_its_commit_asks_for_no_image(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.registry.asked.clear()
    sync.take(delivery("pull_request", pull_request(7, SHA, action="labeled", at=START + 60)))
    assert sync.registry.asked == []


def test_a_pull_request_that_becomes_a_draft_loses_its_preview(sync: MemorySync) -> None:
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    sync.take(delivery("pull_request", pull_request(7, SHA, action="converted_to_draft", draft=True, at=START + 60)))
    assert sync.subjects[-1] == "Close preview podinfo-pr-7"


def test_no_fork_gets_a_preview_not_even_one_that_is_gone(sync: MemorySync) -> None:
    (done,) = sync.take(delivery("pull_request", pull_request(7, SHA, fork=True)))
    assert (done.result, sync.subjects) == ("unchanged", [])


def test_what_is_wrong_with_one_delivery_does_not_hold_up_the_others(sync: MemorySync) -> None:
    sync.gitops.edit(DOCUMENT, "- environment: production", "- environment: nowhere")
    wrong = delivery("release", release("v6.7.1"))
    (half, good) = sync.take(wrong, delivery("pull_request", pull_request(7, SHA)))
    assert (half.result, good.result) == ("committed", "committed")
    assert "nowhere" in half.reason


def test_while_the_remote_is_away_news_waits_longer_and_longer_and_the_problem_is_known(sync: MemorySync) -> None:
    sync.gitops.fault = TemporaryError("the remote is away")
    (waiting,) = sync.take(delivery("release", release("v6.7.1")))
    assert (waiting.state, waiting.attempts, waiting.not_before) == ("waiting", 1, START + 1)
    assert sync.knowledge.problem == "the remote is away"
    sync.now = waiting.not_before
    sync.drain.once()
    assert sync.inbox.get(waiting.id).not_before == sync.now + 2
    sync.gitops.fault = None
    sync.now += 2
    sync.drain.once()
    assert sync.inbox.get(waiting.id).result == "committed"
    assert sync.knowledge.problem == ""


def test_a_push_that_is_refused_is_tried_again_for_a_person_may_mend_it(sync: MemorySync) -> None:
    sync.gitops.branch.faults = [UserError("the branch is protected")]
    (waiting,) = sync.take(delivery("release", release("v6.7.1")))
    assert (waiting.state, waiting.reason) == ("waiting", "the branch is protected")


def test_a_process_that_was_overtaken_moves_nothing(sync: MemorySync, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused before its push, it wakes when another one has done its work: what it planned is old."""
    news = delivery("pull_request", pull_request(7, SHA))
    sync.inbox.add(news)
    commit = sync.gitops.branch.commit

    def paused(*arguments: object) -> object:
        sync.inbox.settle([Settlement(news.id, "done", "committed")], sync.now)
        return commit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sync.gitops.branch, "commit", paused)
    sync.drain.once()
    assert sync.gitops.branch.pushes == []
    assert sync.inbox.get(news.id).result == "committed"


def test_a_bug_fails_its_own_delivery_alone(sync: MemorySync, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("generator.sync.planning.plan_open", broken)
    bad, good = sync.take(delivery("pull_request", pull_request(7, SHA)), delivery("release", release("v6.7.1")))
    assert (bad.state, good.result) == ("failed", "committed")
    assert "ZeroDivisionError: oops" in bad.reason


def test_what_arrived_before_anybody_heard_of_it_is_told_with_its_commit(
    sync: MemorySync, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, again = delivery("release", release("v6.7.1")), delivery("release", release("v6.7.1"))
    sync.take(heard)
    monkeypatch.setattr("generator.sync.drain.arrived", lambda _remote, ids: {one: f"of {one}" for one in ids})
    sync.gitops.remote = Remote("https://github.com/acme-apps/acme-gitops.git", "main")
    (found,) = sync.take(again)
    assert (found.result, found.commit) == ("committed", f"of {again.id}")


@pytest.mark.parametrize("error", [KeyError("maybe"), OSError(24, "Too many open files")])
def test_what_nobody_foresaw_keeps_no_news_from_being_tried_again_later_and_is_known(
    sync: MemorySync, error: Exception
) -> None:
    sync.gitops.fault = error
    (waiting,) = sync.take(delivery("release", release("v6.7.1")))
    assert (waiting.state, waiting.attempts, waiting.not_before) == ("waiting", 1, START + 1)
    assert str(error.args[-1]) in waiting.reason
    assert sync.knowledge.problem == waiting.reason
    sync.gitops.fault = None
    sync.now += 1
    sync.drain.once()
    assert (sync.inbox.get(waiting.id).result, sync.knowledge.problem) == ("committed", "")


@pytest.mark.parametrize("place", ["generator.sync.planning.plan_open", "generator.sync.drain.parse"])
def test_a_system_that_is_short_of_something_costs_no_delivery(
    sync: MemorySync, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*_: object) -> object:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(place, broken)
        (waiting,) = sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert (waiting.state, "Too many open files" in waiting.reason) == ("waiting", True)
    sync.now += 1
    sync.drain.once()
    assert sync.inbox.get(waiting.id).result == "committed"


@dataclass
class Looks:
    """Who reports, as the drain calls it: whether each look is told that versions were proposed."""

    proposed: list[bool] = field(default_factory=list)
    learned: int = 0

    def learn(self, view: View) -> None:
        assert view.main.get(DOCUMENT)
        self.learned += 1

    def look(self, *_: object, proposed: bool) -> None:
        self.proposed.append(proposed)


def test_who_reports_is_told_where_versions_were_proposed(sync: MemorySync) -> None:
    looks = Looks()
    sync.drain.reporting = cast(Reporting, looks)
    sync.drain.look()
    assert looks.learned == 1
    sync.take(delivery("release", release("v6.7.1")))
    sync.gitops.edit(DOCUMENT, "- environment: production", "- environment: production\n      mode: pull-request")
    sync.take(delivery("release", release("v6.7.2")))
    sync.take(delivery("pull_request", pull_request(7, SHA)))
    assert looks.proposed == [False, True, False]
