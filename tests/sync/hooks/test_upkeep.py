"""What becomes of webhooks with each pass, against a GitHub over HTTP and the server that they deliver to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.sync.hooks.hook_notes import APP, HookNote
from generator.sync.hooks.upkeep import THE_APP, UpkeepReport
from tests.github_double.faults import Answer
from tests.sync.hooked import RELEASE, SLUG, Hooked, following, hooked_up


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path) as found:
        yield found


@pytest.fixture
def as_app(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path, as_app=True) as found:
        yield found


@dataclass
class Recorder:
    """What an observer was told."""

    told: list[tuple[int, Mapping[str, int], Mapping[str, int], int]] = field(default_factory=list)

    def webhooks_kept(self, kept: int, changes: Mapping[str, int], problems: Mapping[str, int], held_back: int) -> None:
        self.told.append((kept, changes, problems, held_back))


def passed(hooked: Hooked, *followed: str, at_app: bool = False, broken: tuple[UserError, ...] = ()) -> UpkeepReport:
    """Make a pass, and return what came of it."""
    upkeep = hooked.upkeep(at_app=at_app)
    upkeep.once(following(*followed, broken=broken))
    assert upkeep.report
    return upkeep.report


# Webhooks of repositories


def test_a_pass_keeps_what_is_followed_and_takes_what_was_missed(hooked: Hooked) -> None:
    recorder = Recorder()
    upkeep = hooked.upkeep(observer=recorder)
    upkeep.once(following(SLUG, "acme/missing"))
    hooked.github.courier.lose(3)
    hooked.release("v1")
    assert upkeep.once(following(SLUG, "acme/missing")) == 3
    assert hooked.taken() == RELEASE
    problems = {"keep": 1, "look": 0, "remove": 0}
    assert recorder.told == [(1, {"create": 1}, problems, 0), (1, {}, problems, 0)]
    assert upkeep.report
    assert upkeep.report.problems["keep"].keys() == {"acme/missing"}
    assert (upkeep.report.kept, upkeep.report.at) == (1, hooked.now)


def test_a_webhook_that_no_app_needs_any_more_goes_with_all_that_is_kept_of_it(hooked: Hooked) -> None:
    hooked.github.repository("acme/other")
    passed(hooked, SLUG, "acme/other")
    report = passed(hooked, "acme/other")
    assert (hooked.repository.hooks, hooked.secrets.of(SLUG)) == ([], ())
    assert hooked.notes.repositories() == ["acme/other"]
    assert report.done == {"keep": 1, "remove": 1}


def test_a_hook_that_somebody_else_made_there_stays(hooked: Hooked) -> None:
    passed(hooked, SLUG)
    theirs = replace(hooked.hook, id=7, config={"url": "https://ci.example/hook", "content_type": "json"})
    hooked.repository.hooks.append(theirs)
    passed(hooked)
    assert hooked.repository.hooks == [theirs]


def test_while_a_document_cannot_be_read_none_goes_and_it_is_told(hooked: Hooked) -> None:
    passed(hooked, SLUG)
    report = passed(hooked, broken=(UserError("apps/podinfo.yaml: no YAML"),))
    assert hooked.hook.active
    assert report.unfollowed.held_back == (SLUG,)
    passed(hooked)
    assert hooked.repository.hooks == []


def test_more_than_half_of_many_do_not_go_at_once(hooked: Hooked) -> None:
    slugs = [f"acme/app-{number}" for number in range(6)]
    repositories = [hooked.github.repository(slug) for slug in slugs]
    passed(hooked, *slugs)
    assert len(passed(hooked, *slugs[:2]).unfollowed.held_back) == 4
    assert all(repository.hooks for repository in repositories)
    passed(hooked, *slugs[:3])
    assert [bool(repository.hooks) for repository in repositories] == [True] * 3 + [False] * 3


def test_what_cannot_be_removed_is_told_and_tried_again(hooked: Hooked) -> None:
    passed(hooked, SLUG)
    hooked.github.fault(Answer(403, "Resource not accessible"), "DELETE")
    assert "Resource not accessible" in passed(hooked).problems["remove"][SLUG]
    assert passed(hooked).done == {"remove": 1}
    assert hooked.repository.hooks == []


def test_a_repository_that_was_renamed_keeps_its_webhook_and_the_old_name_is_forgotten(hooked: Hooked) -> None:
    passed(hooked, SLUG)
    hooked.repository.name = "renamed"
    hooked.github.state.moved[SLUG] = hooked.repository
    for _ in range(2):
        report = passed(hooked, "acme/renamed")
        assert report.problems == {"keep": {}, "look": {}, "remove": {}}
    assert hooked.hook.config["url"] == f"{hooked.address}/payload/acme/renamed"
    assert hooked.notes.repositories() == ["acme/renamed"]


def test_notes_that_cannot_be_read_are_a_problem_and_stop_no_pass(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[str]:
        raise TemporaryError("hooks.db is locked")

    monkeypatch.setattr(hooked.notes, "repositories", fail)
    assert "hooks.db is locked" in passed(hooked, SLUG).problems["keep"].values()


def test_without_an_address_only_what_was_missed_is_looked_for(hooked: Hooked) -> None:
    passed(hooked, SLUG)
    hooked.github.courier.settle()
    hooked.github.courier.lose(3)
    hooked.release("v1")
    upkeep = replace(hooked.upkeep(), hooks=None)
    assert upkeep.once(following()) == 0
    assert upkeep.once(following(SLUG)) == 3
    assert hooked.hook.active


# The webhook of a GitHub App


def test_the_apps_webhook_takes_the_place_of_those_of_repositories_once_it_is_known_to_deliver(as_app: Hooked) -> None:
    passed(as_app, SLUG)
    assert passed(as_app, SLUG, at_app=True).kept == 1
    assert as_app.hook.active, "nothing came by the App yet"
    as_app.now -= 60
    as_app.notes.put(APP, replace(as_app.notes.get(APP), secret_at=as_app.now))
    as_app.release("v1")
    assert sorted(as_app.taken()) == sorted(RELEASE * 2), "by both, before one goes"
    passed(as_app, SLUG, at_app=True)
    assert as_app.repository.hooks == []
    assert as_app.notes.repositories() == []
    as_app.release("v2")
    assert as_app.taken()[-3:] == RELEASE
    assert len(as_app.taken()) == 9
    assert set(as_app.statuses()) == {202}


def test_one_of_which_nothing_is_known_goes_as_well(as_app: Hooked) -> None:
    passed(as_app, SLUG)
    as_app.forget()
    passed(as_app, SLUG, at_app=True)
    as_app.notes.put(APP, replace(as_app.notes.get(APP), secret_at=as_app.now - 60))
    as_app.release("v1")
    passed(as_app, SLUG, at_app=True)
    assert as_app.repository.hooks == []


def test_an_app_that_may_not_see_webhooks_needs_not(as_app: Hooked) -> None:
    upkeep = as_app.upkeep(at_app=True)
    upkeep.once(following(SLUG))
    as_app.notes.put(APP, replace(as_app.notes.get(APP), secret_at=as_app.now - 60))
    as_app.release("v1")
    (installation,) = as_app.github.state.installations.values()
    del installation.permissions["repository_hooks"]
    as_app.github.identities.revoke()
    for _ in range(2):
        upkeep.once(following(SLUG))
        assert upkeep.report
        assert upkeep.report.problems == {"keep": {}, "look": {}, "remove": {}}
    assert len(as_app.github.calls("GET /repos/{owner}/{repo}/hooks")) == 1


def test_what_the_app_missed_is_taken_from_it_once(as_app: Hooked) -> None:
    passed(as_app, SLUG, at_app=True)
    as_app.github.courier.lose(3)
    as_app.release("v1")
    assert [as_app.upkeep(at_app=True).once(following(SLUG)) for _ in range(2)] == [3, 0]
    assert as_app.taken() == RELEASE


def test_a_pass_by_hand_takes_what_the_app_missed_as_well(as_app: Hooked) -> None:
    passed(as_app, SLUG, at_app=True)
    as_app.github.courier.lose(3)
    as_app.release("v1")
    assert replace(as_app.upkeep(), hooks=None).once(following(SLUG)) == 3


def test_a_webhook_of_the_app_that_delivers_nothing_replaces_none(as_app: Hooked) -> None:
    passed(as_app, SLUG)
    assert as_app.app
    assert as_app.app.hook
    passed(as_app, SLUG, at_app=True)
    as_app.app.hook.active = False
    as_app.release("v1")
    passed(as_app, SLUG, at_app=True)
    assert (as_app.hook.active, as_app.taken()) == (True, RELEASE)


def test_an_app_that_is_not_told_of_everything_replaces_none_and_it_is_said_of_what(as_app: Hooked) -> None:
    passed(as_app, SLUG)
    assert as_app.app
    as_app.app.events = ("release", "push", "registry_package")
    passed(as_app, SLUG, at_app=True)
    as_app.notes.put(APP, replace(as_app.notes.get(APP), secret_at=as_app.now - 60))
    as_app.release("v1")
    report = passed(as_app, SLUG, at_app=True)
    assert report.problems["keep"][THE_APP].startswith("It is not told of pull_request:")
    assert as_app.hook.active


def test_what_could_not_be_looked_through_is_not_removed(as_app: Hooked) -> None:
    passed(as_app, SLUG)
    passed(as_app, SLUG, at_app=True)
    as_app.notes.put(APP, replace(as_app.notes.get(APP), secret_at=as_app.now - 60))
    as_app.release("v1")
    as_app.github.fault(Answer(500), f"/hooks/{as_app.hook.id}/deliveries", times=4)
    assert SLUG in passed(as_app, SLUG, at_app=True).problems["look"]
    assert as_app.hook.active
    passed(as_app, SLUG, at_app=True)
    assert as_app.repository.hooks == []


def test_back_to_webhooks_of_repositories_the_apps_is_told_to_be_one_too_many(as_app: Hooked) -> None:
    passed(as_app, SLUG, at_app=True)
    report = passed(as_app, SLUG)
    assert as_app.hook.active
    assert "make it inactive on the App's page" in report.problems["keep"][THE_APP]
    assert as_app.notes.get(APP) == HookNote()
    assert as_app.app
    as_app.app.hook = None
    assert passed(as_app, SLUG).problems["keep"] == {}


def test_an_app_without_a_webhook_is_told_how_to_make_one(as_app: Hooked) -> None:
    assert as_app.app
    as_app.app.hook = None
    problem = passed(as_app, SLUG, at_app=True).problems["keep"][THE_APP]
    assert "has no webhook of its own" in problem
    assert f"{as_app.address}/webhook" in problem
    assert as_app.repository.hooks == []
