"""Patterns match what Argo CD's match, and none of them keeps the check busy for long."""

from __future__ import annotations

import pytest

from generator.checking.globs import glob, in_namespaces


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("*", "a/b.yaml"),
        ("a?c", "a/c"),
        ("[a-c]x", "bx"),
        ("[!a-c]x", "dx"),
        ("[&^]x", "^x"),
        ("[a-z&&b]", "a"),
        ("{one,t{wo,hree}}.yaml", "three.yaml"),
        ("a.b+c|(d)$^", "a.b+c|(d)$^"),
        ("a\\*", "a*"),
        ("é #-&~\n*", "é #-&~\n!"),
        ("*.yaml", "\udcff.yaml"),
    ],
)
def test_a_glob_matches_the_whole_value(pattern: str, value: str) -> None:
    assert glob(pattern, value)
    assert not glob(f"{pattern}/", value)


@pytest.mark.parametrize(
    ("pattern", "value"), [("a*", "a/b"), ("a?b", "a/b"), ("a.c", "abc"), ("a", "a\n"), ("[a", "a")]
)
def test_a_glob_matches_nothing_else(pattern: str, value: str) -> None:
    assert not glob(pattern, value, "/")


def test_two_stars_match_across_the_separator() -> None:
    assert glob("a/**/c", "a/b/b/c", "/")


def test_namespaces_are_matched_by_globs_and_by_expressions_with_look_around() -> None:
    assert in_namespaces(["/^((?!kube-).)*$/"], "web")
    assert not in_namespaces(["/^((?!kube-).)*$/", "/(/"], "kube-system")
    assert in_namespaces(["/-environment$/"], "prod-environment")
    assert in_namespaces(["prod-*"], "prod-eu")


def test_no_pattern_takes_long() -> None:
    assert not in_namespaces([r"/^(a*)*\1c$/", "/(a+)+$/", "*a" * 30 + "*c"], "a" * 5_000 + "b")
