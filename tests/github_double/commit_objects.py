"""Git's objects as GitHub's API makes and shows them, with its signature on the commits that it makes for Apps."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.github_double.git_store import run

_SIGNATURE = (
    "-----BEGIN PGP SIGNATURE-----\n\nwsBcBAABCAAQBQJoIwXmCRC1aQ7uu5UhlAAA\n=GitH\n-----END PGP SIGNATURE-----\n"
)
_NOTHING = "0" * 40
WEB_FLOW = "GitHub <noreply@github.com>"


class Unmakable(Exception):
    """What GitHub does not make of this."""


@dataclass(frozen=True)
class Shown:
    """A commit as it is shown.

    Attributes:
        sha: Its name.
        tree: Its tree.
        parents: Its parents.
        author: Who wrote it, and when: name, address and date.
        committer: Who made it, likewise.
        message: What it says.
        signature: Who signed it; None where nobody did.
    """

    sha: str
    tree: str
    parents: list[str]
    author: dict[str, str]
    committer: dict[str, str]
    message: str
    signature: str | None


def make_blob(path: Path, data: bytes) -> str:
    return run(path, "hash-object", "-w", "--stdin", stdin=data)


def make_tree(path: Path, base: str | None, entries: Sequence[Mapping[str, Any]]) -> str:
    """Make a tree of another one and of what differs, and return its name.

    Raises:
        Unmakable: GitHub would not: an entry contradicts another one, or is not there to be removed.
    """
    paths = [entry["path"] for entry in entries]
    folders = {name[:end] for name in paths for end, char in enumerate(name) if char == "/"}
    if len(set(paths)) < len(paths) or folders & set(paths):
        raise Unmakable("tree.path contains conflicting entries")
    with TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(path, index, "read-tree", base or "--empty")
        there = set(_git(path, index, "ls-files", "-z").split("\0"))
        lines = [_line(path, entry, there) for entry in entries]
        _git(path, index, "update-index", "-z", "--index-info", stdin="".join(lines).encode())
        return _git(path, index, "write-tree").strip()


def make_commit(path: Path, tree: str, parents: Sequence[str], message: str, author: str, *, signed: bool) -> str:
    """Make a commit, and return its name: signed, it is GitHub's own."""
    now = f"{int(time.time())} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author} {now}", f"committer {WEB_FLOW if signed else author} {now}"]
    if signed:
        lines.append("gpgsig " + _SIGNATURE.replace("\n", "\n "))
    text = "\n".join([*lines, "", message])
    return run(path, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())


def shown(path: Path, commit: str) -> Shown:
    """Return a commit as it is shown."""
    raw = run(path, "cat-file", "commit", commit)
    head, _, message = raw.partition("\n\n")
    lines = head.split("\n")
    of = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if not line.startswith(" ")}
    parents = [line.partition(" ")[2] for line in lines if line.startswith("parent ")]
    signature = _SIGNATURE if "gpgsig" in of else None
    if signature:
        # The signature has empty lines of its own, which begin with a space.
        message = raw.partition("-----END PGP SIGNATURE-----\n")[2].partition("\n\n")[2]
    return Shown(
        run(path, "rev-parse", commit),
        of["tree"],
        parents,
        _person(of["author"]),
        _person(of["committer"]),
        message,
        signature,
    )


def has(path: Path, kind: str, name: str) -> bool:
    """Return whether there is an object of a kind."""
    done = subprocess.run(["git", "cat-file", "-t", name], cwd=path, capture_output=True, check=False)
    return done.stdout.decode().strip() == kind


def is_ancestor(path: Path, one: str, other: str) -> bool:
    done = subprocess.run(["git", "merge-base", "--is-ancestor", one, other], cwd=path, check=False)
    return done.returncode == 0


def _line(path: Path, entry: Mapping[str, Any], there: set[str]) -> str:
    if "sha" in entry and "content" in entry:
        raise Unmakable("tree.sha and tree.content exclude each other")
    if "content" in entry:
        return f"{entry['mode']} {make_blob(path, entry['content'].encode())}\t{entry['path']}\0"
    if entry.get("sha") is None:
        if entry["path"] not in there:
            raise Unmakable("GitRPC::BadObjectState")
        return f"0 {_NOTHING}\t{entry['path']}\0"
    if not has(path, "blob", entry["sha"]):
        raise Unmakable("tree.sha does not exist")
    return f"{entry['mode']} {entry['sha']}\t{entry['path']}\0"


def _person(ident: str) -> dict[str, str]:
    name, _, rest = ident.partition(" <")
    email, _, date = rest.partition("> ")
    seconds = int(date.split()[0])
    return {"name": name, "email": email, "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))}


def _git(path: Path, variables: Mapping[str, str], *command: str, stdin: bytes = b"") -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run(["git", *command], cwd=path, input=stdin, env=environment, capture_output=True, check=True)
    return done.stdout.decode()
