"""What is done about webhooks, decided without anybody being asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.hub.hook_decision import Adopt, Create, Hook, Keep, Repair, WantedHook, decide, is_payload_of

URL = "https://sync.acme.example/payload/acme/podinfo"
HOOK = Hook(7, URL)
WANTED = WantedHook(URL, known=7, has_secret=True)
FOREIGN = Hook(1, "https://ci.acme.example/hook")


def test_one_that_is_known_and_right_is_kept() -> None:
    assert decide([FOREIGN, HOOK], WANTED) == Keep(HOOK)


def test_names_of_repositories_have_no_case() -> None:
    hook = replace(HOOK, url="https://sync.acme.example/payload/Acme/PodInfo")
    assert decide([hook], WANTED) == Keep(hook)


@pytest.mark.parametrize("hooks", [[], [FOREIGN]])
def test_where_none_is_ours_one_is_created(hooks: list[Hook]) -> None:
    assert decide(hooks, WANTED) == Create()


@pytest.mark.parametrize(
    ("field", "hook"),
    [
        ("url", replace(HOOK, url="https://elsewhere.example/")),
        ("content_type", replace(HOOK, content_type="form")),
        ("insecure_ssl", replace(HOOK, insecure_ssl=True)),
        ("events", replace(HOOK, events=frozenset({"push"}))),
        ("events", replace(HOOK, events=HOOK.events | {"push"})),
        ("active", replace(HOOK, active=False)),
        ("secret", replace(HOOK, has_secret=False)),
        ("secret", replace(HOOK, last_status=401)),
    ],
)
def test_what_differs_is_repaired_and_nothing_else(field: str, hook: Hook) -> None:
    assert decide([FOREIGN, hook], WANTED) == Repair(hook, frozenset([field]))  # type: ignore[list-item]


def test_a_secret_that_is_not_the_one_set_last_is_set() -> None:
    assert decide([HOOK], replace(WANTED, has_secret=False)) == Repair(HOOK, frozenset({"secret"}))


def test_a_refusal_is_left_alone_where_the_secret_was_just_set() -> None:
    hook = replace(HOOK, last_status=401)
    assert decide([hook], replace(WANTED, patient=True)) == Keep(hook)


@pytest.mark.parametrize("status", [0, 202, 404, 502, 503])
def test_other_answers_say_nothing_of_the_secret(status: int) -> None:
    hook = replace(HOOK, last_status=status)
    assert decide([hook], WANTED) == Keep(hook)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://sync.acme.example/payload/acme/old-name",
        "https://SYNC.acme.example:443/payload/former-owner/podinfo/",
        "http://sync.acme.example/payload/acme/podinfo",
    ],
)
def test_one_of_ours_that_is_not_known_is_adopted(url: str) -> None:
    hook = replace(HOOK, url=url)
    assert decide([FOREIGN, hook], WantedHook(URL)) == Adopt(hook)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.acme.example/payload/acme/podinfo",
        "https://sync.acme.example:8443/payload/acme/podinfo",
        "https://sync.acme.example/staging/payload/acme/podinfo",
        "https://sync.acme.example/payload/acme",
        "https://sync.acme.example/payload/acme/podinfo/more",
        "https://sync.acme.example/",
        "https://[sync.acme.example/payload/acme/podinfo",
        "https://sync.acme.example:port/payload/acme/podinfo",
        "",
    ],
)
def test_what_may_be_somebody_elses_is_left_alone(url: str) -> None:
    assert decide([replace(HOOK, url=url)], WantedHook(URL)) == Create()


def test_the_one_that_is_known_goes_before_those_that_look_alike() -> None:
    alike = [replace(HOOK, id=3, url=URL.replace("podinfo", "old")), HOOK, replace(HOOK, id=5)]
    assert decide(alike, WantedHook(URL, known=3, has_secret=True)) == Repair(alike[0], frozenset({"url"}), (5, 7))


def test_of_two_that_deliver_to_the_same_place_one_stays() -> None:
    twin = replace(HOOK, id=9, events=frozenset({"push"}))
    assert decide([twin, HOOK], WANTED) == Repair(HOOK, frozenset(), (9,))
    assert decide([twin, HOOK], replace(WANTED, known=0)) == Adopt(HOOK, (9,))


def test_one_that_only_looks_like_ours_is_never_removed_for_another() -> None:
    old = replace(HOOK, id=3, url=URL.replace("podinfo", "old"))
    assert decide([old, HOOK], WANTED) == Keep(HOOK)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://gitopsmith.example/payload/acme/podinfo", True),
        ("https://other.example/at/payload/Acme/Podinfo/", True),
        ("https://gitopsmith.example/payload/acme/podinfo2", False),
        ("https://gitopsmith.example/hooks/acme/podinfo", False),
        ("", False),
    ],
)
def test_where_any_server_of_ours_takes_the_deliveries_of_a_repository(url: str, is_one: bool) -> None:
    assert is_payload_of(url, "acme/podinfo") is is_one
