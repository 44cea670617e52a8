"""What a commit says of the versions that it sets: as much as fits into a line, the rest below."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.moves import Move, body, subject


def moves(*told: str) -> list[Move]:
    """Return moves from texts as `app 1.0 2.0 environment`; `-` for a version that is not known."""
    found = []
    for text in told:
        app, before, version, environment, *place = text.split()
        found.append(Move(app, environment, version, before.strip("-"), place[0] if place else "eu"))
    return found


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (["web 1.0 1.1 dev"], "web 1.0 → 1.1 in dev"),
        (["web - 1.1 dev"], "web → 1.1 in dev"),
        (["web 1.0 1.1 dev", "web 1.0 1.1 staging"], "web 1.0 → 1.1 in dev, staging"),
        (["web 1.0 1.1 dev", "api 1.0 1.1 dev"], "web, api 1.0 → 1.1 in dev"),
        (
            [f"{app} 1.0 1.1 {environment}" for app in ("web", "api") for environment in ("dev", "staging")],
            "web, api 1.0 → 1.1 in dev, staging",
        ),
        (["web 1.0 1.2 dev", "web 1.1 1.2 staging"], "web 1.0 → 1.2 in dev; web 1.1 → 1.2 in staging"),
        (["web 1.0 1.1 dev", "api 1.0 1.1 staging"], "web 1.0 → 1.1 in dev; api 1.0 → 1.1 in staging"),
        (
            [f"a-longer-name-{n} 1.0.{n} 1.1.0 dev" for n in (1, 2)],
            "a-longer-name-1, a-longer-name-2 → 1.1.0 in dev",
        ),
        ([f"a-longer-name-{n} 1.0.0 1.1.0 dev" for n in range(5)], "5 apps → 1.1.0 in dev"),
        ([f"a-longer-name-{n} 1.0.0 1.1.{n} dev" for n in range(3)], "3 apps → 1.1.0, 1.1.1, 1.1.2 in dev"),
        (
            [f"a-longer-name 1.0.0 1.1.0 environment-{n:010}" for n in range(4)],
            "a-longer-name → 1.1.0 in 4 environments",
        ),
        ([f"a-longer-name-{n} 1.0.0 1.1.{n:060} dev-{n}" for n in range(3)], "3 apps → 3 versions in 3 environments"),
        ([f"{'a' * 63} 1.0.0-{'b' * 40} 1.1.0 dev"], f"{'a' * 63} 1.0.0-{'b' * 40} → 1.1.0 in dev"),
    ],
)
def test_the_subject_tells_as_much_as_fits(told: list[str], line: str) -> None:
    assert subject(moves(*told)) == line


def test_the_one_cluster_that_was_meant_is_named() -> None:
    assert subject([Move("web", "dev", "1.1", "1.0", "us", only_on="us")]) == "web 1.0 → 1.1 in dev on us"


def test_the_body_tells_what_the_subject_leaves_out() -> None:
    assert body(moves("web 1.0 1.1 dev", "web 1.0 1.1 staging")) == ""
    assert body(moves("web 1.0 1.2 dev eu", "web 1.1 1.2 dev us")) == "eu: was 1.0\nus: was 1.1"
    assert body(moves("web 1.0 1.2 dev eu", "web 1.1 1.2 dev us", "api 1.0 1.2 dev eu")).splitlines() == [
        "web 1.0 → 1.2 in dev (eu)",
        "web 1.1 → 1.2 in dev (us)",
        "api 1.0 → 1.2 in dev",
    ]
    many = moves(*[f"a-longer-name-{n} 1.0.{n} 1.1.0 dev" for n in range(5)])
    assert body(many).splitlines() == [f"a-longer-name-{n} 1.0.{n} → 1.1.0 in dev" for n in range(5)]


names = st.sampled_from(["web", "api", "a" * 30])
versions = st.sampled_from(["1.0", "1.1", "2.0.0-rc.1"])


@given(
    st.lists(
        st.builds(Move, names, st.sampled_from(["dev", "staging", "e" * 30]), versions, versions, st.just("eu")),
        min_size=2,
        max_size=12,
        unique_by=lambda move: (move.app, move.environment),
    )
)
def test_the_subject_of_several_is_short_and_every_move_is_told(several: list[Move]) -> None:
    line, text = subject(several), body(several)
    assert len(line) <= 72
    for move in several:
        told = f"{move.before} → {move.version}"
        assert told in text or (told in line and move.app in line and move.environment in line)
