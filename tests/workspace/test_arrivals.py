"""The commits that deliveries led to are found by what these say, as far as a clone knows the branch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.provenance import DELIVERY
from generator.core.tree import File
from generator.workspace.arrivals import arrived, last_commits
from generator.workspace.committing import PLAIN
from generator.workspace.remotes import Remote, written


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A repository with a commit that names a delivery, from before anybody cloned it."""
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", bare], check=True)
    said = f"Old\n\n{DELIVERY}: old\n"
    for _ in range(2):
        lines = ["commit refs/heads/main", "committer Test <test@example.com> now", f"data {len(said)}", said]
        stream = "\n".join([*lines, "M 100644 inline a.txt", "data 1", "a", ""])
        command = ["git", "-C", str(bare), "fast-import", "--quiet", "--force", "--date-format=now"]
        subprocess.run(command, input=stream, check=True, text=True)
    return Remote(str(bare), "main", cache=tmp_path / "cache")


def brought(remote: Remote, *deliveries: str) -> str:
    """Push a commit that names deliveries, and return it."""
    edits = {"a.txt": File(f"{deliveries}\n".encode())}
    trailers = tuple((DELIVERY, delivery) for delivery in deliveries)
    with remote.writable() as writable:
        outcome = written(writable.deployed, lambda _tree: Change(edits, "New", trailers=trailers), PLAIN)
    assert outcome.commit
    return outcome.commit


def test_a_delivery_has_the_newest_commit_that_names_it(remote: Remote) -> None:
    brought(remote, "one")
    two = brought(remote, "one", "two")
    three = brought(remote, "three")
    assert arrived(remote, {"one", "two", "three", "four"}) == {"one": two, "two": two, "three": three}


def test_only_what_was_asked_for_is_told(remote: Remote) -> None:
    one = brought(remote, "one")
    brought(remote, "two")
    assert arrived(remote, {"one"}) == {"one": one}
    assert arrived(remote, set()) == {}


def test_without_a_clone_nothing_is_known(remote: Remote) -> None:
    assert arrived(remote, {"old"}) == {}


def test_a_file_has_the_last_commit_that_touched_it_as_far_as_a_clone_knows(remote: Remote) -> None:
    assert last_commits(remote, ["a.txt"]) == {}
    with remote.writable() as writable:
        writable.deployed.refresh()
    # What was there before the clone is older than all that is known.
    assert last_commits(remote, ["a.txt"]) == {}
    brought(remote, "one")
    two = brought(remote, "two")
    assert last_commits(remote, ["a.txt", "b.txt"]) == {"a.txt": two}
