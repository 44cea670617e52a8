"""Headers of real registries are read, and no header is too odd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.registries.challenge import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    "bearer",
                    {
                        "realm": "https://auth.docker.io/token",
                        "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    },
                )
            ],
        ),
        ("BASIC Realm=x", [Challenge("basic", {"realm": "x"})]),
        ('Bearer realm = "a b" , Service=s', [Challenge("bearer", {"realm": "a b", "service": "s"})]),
        ('Bearer realm="a\\"b\\\\c"', [Challenge("bearer", {"realm": 'a"b\\c'})]),
        ("Bearer realm=https://a/b?c=d", [Challenge("bearer", {"realm": "https://a/b?c=d"})]),
        (
            'Negotiate YWJj==, Basic realm="a, b", Bearer realm="c"',
            [Challenge("negotiate"), Challenge("basic", {"realm": "a, b"}), Challenge("bearer", {"realm": "c"})],
        ),
        ("Negotiate, Basic", [Challenge("negotiate"), Challenge("basic")]),
        ('Bearer realm="one", realm="two"', [Challenge("bearer", {"realm": "one"})]),
        ('realm="of nothing"', []),
        ('Bearer realm="without end', [Challenge("bearer")]),
        ("", []),
        (" , ,", []),
    ],
)
def test_reads_each_challenge(header: str, challenges: list[Challenge]) -> None:
    read = list(parse_challenges(header))
    assert read[: len(challenges)] == challenges
    if '"without' not in header:
        assert len(read) == len(challenges)


@given(st.text(max_size=200) | st.text('Bearer ="\\,:/', max_size=200))
def test_reads_any_text_without_failing(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme == challenge.scheme.lower()


@pytest.mark.parametrize("piece", [" ", ",", "a", "a=", 'a="', "\\", '"\\', "a ", "a,", "a=b,"])
def test_a_long_header_costs_little(piece: str) -> None:
    assert len(parse_challenges("Bearer " + piece * 1_000_000)) < 10_000
