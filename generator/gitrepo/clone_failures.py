"""What it means that git fails in a clone: whether a writer plans again, waits, or a person has something to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.failures import Failure, classify, explain
from generator.gitrepo.git_process import GitFailedError

Unreadable = Callable[[str], TemporaryError]
"""Takes what is wrong with a clone, and returns the error for it."""


@contextmanager
def speaking(url: str, branch: str, home: Path, unreadable: Unreadable, *, anonymous: bool = False) -> Iterator[None]:
    """Say what it means where git, in the block, fails to speak to a remote.

    Args:
        url: The remote's address.
        branch: The branch that it is about.
        home: The folder that the clone is in.
        unreadable: Returns the error for a clone that is damaged.
        anonymous: Whether git was given no token.

    Raises:
        LostRaceError: A branch is elsewhere.
        PlanAgainError: The clone is damaged.
        UserError: The remote refuses or does not let us in, has no such branch, or the disk is full.
        TemporaryError: The remote is away.
    """
    try:
        yield
    except GitFailedError as error:
        if error.seconds:
            raise TemporaryError(f"{url}: no answer within {error.seconds:g} s.") from error
        failure = classify(error.said)
        explained = explain(failure, error.said, url=url, branch=branch, anonymous=anonymous)
        if failure is Failure.DAMAGED and error.command == "push":
            raise unreadable(error.said) from error
        raise LostRaceError(str(explained)) if failure is Failure.LOST_RACE else explained from error
    except OSError as error:
        raise UserError(f"{error.filename or home}: {error.strerror}", hint="Mend it and try again.") from error


@contextmanager
def storing(url: str, folder: Path, unreadable: Unreadable) -> Iterator[None]:
    """Say what it means where git, in the block, fails to store something.

    Args:
        url: The remote's address.
        folder: The clone.
        unreadable: Returns the error for a clone that is damaged.

    Raises:
        PlanAgainError: The clone is damaged.
        UserError: The disk is full.
        TemporaryError: Git did not answer in time.
    """
    try:
        yield
    except GitFailedError as error:
        if error.seconds:
            raise TemporaryError(f"{folder}: {error}") from error
        failure = classify(error.said)
        if failure is Failure.DISK_FULL:
            raise explain(failure, error.said, url=url, branch="") from error
        raise unreadable(str(error)) from error
