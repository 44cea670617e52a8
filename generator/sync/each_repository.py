"""Does the same with each of many repositories on GitHub, several at once; what fails of one keeps no other.

Where GitHub limits us, it is not asked on: that would be refused as well, and GitHub may shut out who goes on all the
same. A GitHub App has a limit of its own in each account, so only the rest of that account is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from generator.core.errors import GitopsmithError
from generator.hub.failures import LimitedError

NOT_ASKED = "GitHub was asked too often, so it was not asked about this repository."
"""The problem of a repository that was left because of a limit."""
_AT_ONCE = 8

T = TypeVar("T")


def each_repository(repositories: Sequence[str], action: Callable[[str], T]) -> tuple[dict[str, T], dict[str, str]]:
    """Do something with each repository.

    Args:
        repositories: The repositories, `owner/name`, each once.
        action: What is done with one; several threads call it at once.

    Returns:
        What came of it, and why nothing did, both by repository in the order given: each is in one of the two.
    """
    limited: set[str] = set()

    def done(repository: str) -> tuple[T] | str:
        owner = repository.partition("/")[0].casefold()
        if owner in limited:
            return NOT_ASKED
        try:
            return (action(repository),)
        except GitopsmithError as error:
            if isinstance(error, LimitedError):
                limited.add(owner)
            return str(error)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="each-repository") as pool:
        found = dict(zip(repositories, pool.map(done, repositories), strict=True))
    return (
        {name: one[0] for name, one in found.items() if not isinstance(one, str)},
        {name: one for name, one in found.items() if isinstance(one, str)},
    )
