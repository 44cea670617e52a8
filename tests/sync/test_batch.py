"""A batch: what newer deliveries make needless is left out, and said."""

from __future__ import annotations

from generator.core.intents import RemovePreview, SetVersion
from generator.sync.batch import Work, coalesce
from generator.sync.news.delivery import Delivery
from generator.sync.rules import Step


def work(name: str, *steps: Step) -> Work:
    return Work(Delivery(name, "release"), steps)


def version(version: str, environment: str = "staging", app: str = "podinfo") -> Step:
    return Step(SetVersion(app, environment, version))


def test_a_newer_version_supersedes_an_older_one_and_names_it() -> None:
    older, newer = coalesce([work("a", version("6.7.0")), work("b", version("6.7.1"))])
    assert (older.steps, older.superseded) == ((), ("b",))
    (step,) = newer.steps
    assert isinstance(step.intent, SetVersion)
    assert step.intent.supersedes == ("a (6.7.0)",)


def test_an_older_version_that_comes_later_is_superseded_all_the_same() -> None:
    newer, older = coalesce([work("a", version("6.7.1")), work("b", version("6.7.0"))])
    assert [step.intent for step in newer.steps] == [
        SetVersion("podinfo", "staging", "6.7.1", supersedes=("b (6.7.0)",))
    ]
    assert older.superseded == ("a",)


def test_of_versions_that_cannot_be_compared_the_later_is_meant() -> None:
    first, second = coalesce([work("a", version("main-1")), work("b", version("main-2"))])
    assert first.superseded == ("b",)
    assert second.steps


def test_other_apps_environments_and_modes_stand_for_themselves() -> None:
    works = [
        work("a", version("1.0.0"), version("1.0.0", "production")),
        work("b", version("2.0.0")),
        work("c", version("2.0.0", app="shop")),
        work("d", Step(SetVersion("podinfo", "staging", "3.0.0"), mode="pull-request")),
    ]
    assert [len(one.steps) for one in coalesce(works)] == [1, 1, 1, 1]


def test_previews_are_left_as_they_are() -> None:
    works = [work("a", Step(RemovePreview("podinfo", 7))), work("b", Step(RemovePreview("podinfo", 7)))]
    assert coalesce(works) == works
