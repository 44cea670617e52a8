"""What the request says by which writes reach a protected branch."""

from __future__ import annotations

from generator.core.write_request import write_request

BRANCH = "gitopsmith-changes/to/main"


def test_one_change_gives_the_title() -> None:
    request = write_request(BRANCH, "main", ["podinfo 6.7.0 → 6.8.0 in staging"])
    assert (request.branch, request.base, request.title) == (BRANCH, "main", "podinfo 6.7.0 → 6.8.0 in staging")
    assert request.body.startswith("- `podinfo 6.7.0 → 6.8.0 in staging`\n\n`main` takes no pushes")
    assert f"`{BRANCH}`" in request.body


def test_several_are_counted_and_listed() -> None:
    request = write_request(BRANCH, "main", [f"change {number}" for number in range(60)])
    assert request.title == "60 changes: change 0, …"
    assert "- `change 49`\n- and 10 more\n" in request.body


def test_a_title_is_bounded_and_what_comes_from_outside_is_code() -> None:
    request = write_request(BRANCH, "main", ["@octocat `x` " + "y" * 500])
    assert (len(request.title), request.title[-1]) == (250, "…")
    assert "- ``@octocat `x` yyy" in request.body


def test_whoever_reads_the_same_comes_to_the_same() -> None:
    assert write_request(BRANCH, "main", ["a", "b"]) == write_request(BRANCH, "main", ["a", "b"])
