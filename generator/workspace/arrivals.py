"""Finds the commits that deliveries led to, by the deliveries that they name: for where nobody heard of a push."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from generator.core.provenance import DELIVERY
from generator.gitrepo.history import boundary
from generator.workspace.remotes import Remote

_MOST = 1000
"""How many commits are looked back at, as far as the clone has them: it has all since it first saw the branch."""
_FORM = f"--format=%H%x00%(trailers:key={DELIVERY},valueonly,separator=%x00)"


def arrived(remote: Remote, deliveries: Collection[str]) -> dict[str, str]:
    """Return the newest commit that names a delivery, for each that one names, as the branch was when last fetched.

    Args:
        remote: The repository, and the branch.
        deliveries: The ids of deliveries.

    Raises:
        TemporaryError: The clone cannot be read.
    """
    with remote.opened() as clone:
        head = clone.seen(remote.branch)
        listed = clone.ask("log", f"--max-count={_MOST}", _FORM, head) if head else ""
    found: dict[str, str] = {}
    for line in listed.splitlines():
        commit, *named = line.split("\0")
        for delivery in named:
            if delivery in deliveries:
                found.setdefault(delivery, commit)
    return found


def last_commits(remote: Remote, paths: Iterable[str]) -> dict[str, str]:
    """Return the commit that touched each file last, as the branch was when last fetched, as far as it is known.

    Args:
        remote: The repository, and the branch.
        paths: The files.

    Raises:
        TemporaryError: The clone cannot be read.
    """
    found = {}
    with remote.opened() as clone:
        head, unknown = clone.seen(remote.branch), boundary(clone)
        for path in paths if head else ():
            last = ("rev-list", "--max-count=1", str(head), "--", path)
            commit = clone.ask(*last, variables={"GIT_LITERAL_PATHSPECS": "1"}).strip()
            # Where history ends for us, every file seems to be new.
            if commit and commit not in unknown:
                found[path] = commit
    return found
