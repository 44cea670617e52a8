"""The files that the process may have open, which connections are too: how many of them these may be."""

from __future__ import annotations

import resource
from contextlib import suppress

MOST_CONNECTIONS = 4096
"""However many files there may be: a connection takes memory as well."""

_ENOUGH = 65_536
_RESERVED = 200
"""What is kept for the database, git, GitHub, registries, and for connections that are hung up on; of few, a half."""


def room_for_connections() -> int:
    """Let the process have as many open files as it may, and return how many of them may be connections."""
    soft, hard = (_ENOUGH if limit == resource.RLIM_INFINITY else limit for limit in _limits())
    if soft < (wanted := min(hard, _ENOUGH)):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, _limits()[1]))
            soft = wanted
    return min(MOST_CONNECTIONS, soft - min(_RESERVED, soft // 2))


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
