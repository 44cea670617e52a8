"""The one tree of errors that gitopsmith raises on purpose.

A user error is mended by the user and ends the command with exit code 1. A temporary error may pass when the same
call is made again. Anything else that reaches the command line is a bug of ours and ends it with exit code 3.
"""

from __future__ import annotations

from collections.abc import Iterable


class GitopsmithError(Exception):
    """The root of every error that gitopsmith raises on purpose."""


class UserError(GitopsmithError):
    """Something that the user can mend.

    Args:
        message: What was found and where: the file, the key, the value.
        hint: What to do about it, as a sentence; empty when the message says so already.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UserErrors(UserError):
    """Several user errors found in one go, so that they can be mended in one go.

    Args:
        summary: One line that stands above the list.
        problems: Each problem, in the order in which it should be read; at least one.
    """

    def __init__(self, summary: str, problems: Iterable[UserError]) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        super().__init__("\n".join([summary, *(f"  - {problem.message}" for problem in self.problems)]))


class TemporaryError(GitopsmithError):
    """Something that may pass by itself: a lost race, a locked file, a network that is away."""
