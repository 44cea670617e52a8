"""Tags, order and ranges of versions."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.core.versions import TagPattern, is_in_range, is_older, is_version


@pytest.mark.parametrize(
    ("pattern", "tag", "version"),
    [
        ("v{version}", "v6.7.0", "6.7.0"),
        ("v{version}", "6.7.0", None),
        ("v{version}", "v6.7", None),
        ("v{version}", "version-2", None),
        ("podinfo@{version}", "podinfo@1.0.0-rc.1", "1.0.0-rc.1"),
        ("podinfo@{version}", "frontend@1.0.0", None),
        ("{version}-release", "1.2.3-release", "1.2.3"),
        ("{version}", "1.2.3", "1.2.3"),
        # The pattern's ends must not overlap: this tag is shorter than they are together.
        ("ab{version}bc", "abc", None),
    ],
)
def test_a_tag_names_a_version_only_where_the_whole_pattern_fits(pattern: str, tag: str, version: str | None) -> None:
    assert TagPattern(pattern).version_of(tag) == version


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9.0", "1.10.0"),
        ("1.0.0-rc.1", "1.0.0"),
        ("1.0.0-alpha.9", "1.0.0-alpha.10"),
        ("1.0.0-1", "1.0.0-alpha"),
    ],
)
def test_order_follows_semantic_versioning(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)


def test_build_metadata_does_not_count() -> None:
    assert not is_older("1.0.0+1", "1.0.0+2")
    assert not is_older("1.0.0+2", "1.0.0+1")


@pytest.mark.parametrize("text", ["latest", "3f2c1a9", "1.10", "", "1.2.3.4", "v1.2.3"])
def test_what_is_no_version_is_older_than_nothing(text: str) -> None:
    assert not is_version(text)
    assert not is_older(text, "9.9.9")
    assert not is_older("0.0.1", text)


@pytest.mark.parametrize(
    ("version", "text", "admitted"),
    [
        ("1.9.0", "^1.2", True),
        ("2.0.0", "^1.2", False),
        ("1.5.0", ">=1.2 <2", True),
        ("1.2.3", "*", True),
        ("1.2.3-rc.1", "*", False),
        ("3f2c1a9", "*", True),
        ("3f2c1a9", "^1", False),
    ],
)
def test_a_range_admits(version: str, text: str, *, admitted: bool) -> None:
    assert is_in_range(version, text) is admitted


def test_a_prerelease_counts_as_its_release_where_prereleases_are_meant() -> None:
    assert is_in_range("1.2.3-rc.1", "^1.2", prereleases=True)
    assert not is_in_range("2.0.0-rc.1", "^1.2", prereleases=True)


def test_what_is_no_range_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="`newest`"):
        is_in_range("1.0.0", "newest")
