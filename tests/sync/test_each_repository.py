"""Many repositories on GitHub: what fails of one keeps no other, and a limit is not tried with every one."""

from __future__ import annotations

from threading import Barrier, Semaphore

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.failures import LimitedError, UnavailableError
from generator.sync.each_repository import NOT_ASKED, each_repository

MANY = [f"acme/app-{number}" for number in range(100)]


def test_what_comes_of_each_is_told_by_name_in_the_order_given() -> None:
    names = ["acme/web", "acme/api", "other/web"]
    results, problems = each_repository(names, str.upper)
    assert list(results.items()) == [(name, name.upper()) for name in names]
    assert problems == {}


def test_of_no_repositories_nothing_comes() -> None:
    assert each_repository([], str.upper) == ({}, {})


@pytest.mark.parametrize("error", [UserError("no", hint="ask"), TemporaryError("no"), UnavailableError("no")])
def test_what_fails_of_one_is_its_problem_and_keeps_no_other(error: Exception) -> None:
    def action(name: str) -> int:
        if name == "acme/app-0":
            raise error
        return len(name)

    results, problems = each_repository(MANY, action)
    assert problems == {"acme/app-0": str(error)}
    assert list(results) == MANY[1:]


def test_a_result_that_is_empty_or_a_text_is_no_problem() -> None:
    assert each_repository(["acme/web"], lambda _: None) == ({"acme/web": None}, {})
    assert each_repository(["acme/web"], lambda _: "") == ({"acme/web": ""}, {})


def test_as_many_as_eight_are_asked_at_once() -> None:
    together = Barrier(8)
    results, _ = each_repository(MANY[:16], lambda _: together.wait(timeout=30))
    assert sorted(results.values()) == sorted([*range(8)] * 2)


def test_a_limit_is_not_tried_with_every_repository_and_the_rest_is_named() -> None:
    asked: list[str] = []

    def action(name: str) -> None:
        asked.append(name)
        raise LimitedError("limited", retry_after=60.0)

    results, problems = each_repository(MANY, action)
    assert results == {}
    assert list(problems) == MANY
    assert 1 <= len(asked) <= 8
    assert {name: why for name, why in problems.items() if why != NOT_ASKED} == dict.fromkeys(asked, "limited")


def test_what_came_before_the_limit_stays() -> None:
    came = Semaphore(0)

    def action(name: str) -> None:
        if name == MANY[50]:
            assert all(came.acquire(timeout=30) for _ in range(50))
            raise LimitedError("limited", retry_after=60.0)
        came.release()

    results, problems = each_repository(MANY, action)
    assert set(MANY[:50]) <= set(results)
    assert problems[MANY[50]] == "limited"
    assert results.keys() | problems.keys() == set(MANY)
    assert not results.keys() & problems.keys()


def test_the_limit_of_one_account_leaves_the_others_alone() -> None:
    def action(name: str) -> None:
        if name.casefold().startswith("acme/"):
            raise LimitedError("limited", retry_after=60.0)

    others = [f"other/app-{number}" for number in range(20)]
    results, problems = each_repository([*MANY, "ACME/web", *others], action)
    assert list(results) == others
    assert list(problems.values()).count("limited") <= 8
    assert problems["ACME/web"] == NOT_ASKED


def test_a_bug_is_no_problem_of_a_repository() -> None:
    def action(name: str) -> None:
        raise KeyError(name)

    with pytest.raises(KeyError):
        each_repository(["acme/web"], action)
