"""Finds the commits that deliveries led to, by the deliveries that they name: for where nobody heard of a push."""

from __future__ import annotations

from collections.abc import Collection

from generator.core.provenance import DELIVERY
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
