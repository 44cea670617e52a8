"""Pull requests as the outside tells them: typed, bounded, and measured against what an app wants of its previews."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from generator.core.documents import Preview
from generator.core.errors import UserError, UserErrors
from generator.core.instants import parse_instant

NUMBER_LIMIT = 2**31 - 1
TEXT_LIMIT = 255
"""Git keeps a branch as a file, and file systems end a name there."""

# Controls, halves of pairs, marks that turn the direction of what follows: by number, because which letters are
# printable differs between versions of Python, and rendered bytes must not.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]"
)
# `{{ x }}` and `<CLUSTER>` in a manifest are what templates leave behind: a check would stop every other change. Git
# refuses `?` in a branch's name, so what stands for them is mistaken for nothing.
_INERT = str.maketrans(dict.fromkeys("{}<>", "?"))
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class PullRequest:
    """A pull request; what is not known is empty.

    Attributes:
        number: Its number.
        sha: The commit of its head, all of its 40 or 64 characters.
        branch: The branch of its head; any text, for nobody promises that a fork names its branches kindly.
        base: The branch that it aims at.
        title: Its title.
        author: Who opened it.
        labels: Its labels.
        draft: Whether it is one.
        fork: Whether its head is in another repository than its base, or in one that is gone.
        state: Whether it is open.
        updated_at: Its last activity, in ISO 8601.
    """

    number: int
    sha: str
    branch: str
    base: str = ""
    title: str = ""
    author: str = ""
    labels: tuple[str, ...] = ()
    draft: bool = False
    fork: bool = False
    state: Literal["open", "closed"] = "open"
    updated_at: str = ""

    @property
    def sha7(self) -> str:
        """The commit as people write it."""
        return self.sha[:7]


def check_pull_request(pull_request: PullRequest) -> PullRequest:
    """Return a pull request with title and author fit to be shown, if its number, commit and time are right.

    Raises:
        UserErrors: They are not, or there is no branch; all of it is named.
    """
    problems: list[UserError] = []
    try:
        check_number(pull_request.number)
        parse_instant(pull_request.updated_at or "1970-01-01T00:00:00Z")
    except UserError as problem:
        problems.append(problem)
    if not _SHA.fullmatch(pull_request.sha):
        problems.append(
            UserError(f"`{clean(pull_request.sha)}` is no whole commit id: 40 or 64 characters of 0-9 and a-f.")
        )
    if not pull_request.branch:
        problems.append(UserError("The branch of the pull request's head is missing."))
    if problems:
        raise UserErrors("The pull request is not right:", problems)
    return replace(pull_request, title=clean(pull_request.title), author=clean(pull_request.author))


def check_number(number: int) -> int:
    """Return `number` if a pull request can have it.

    Raises:
        UserError: It cannot.
    """
    if not 1 <= number <= NUMBER_LIMIT:
        raise UserError(f"{str(number)[:60]} is no number of a pull request: 1 to {NUMBER_LIMIT}.")
    return number


def clean(text: str) -> str:
    """Return a text from outside on one line, without what cannot be written as UTF-8 or seen, at most 255 long."""
    return " ".join(_UNSEEN.sub(" ", text[: 4 * TEXT_LIMIT]).split())[:TEXT_LIMIT].rstrip()


def inert(text: str) -> str:
    """Return a text from outside as it may stand in a manifest: cleaned, and without marks of any template language."""
    return clean(text).translate(_INERT)


def admits(policy: Preview, pull_request: PullRequest) -> str | None:
    """Return why a pull request gets no preview; None where it gets one. What is not known stands in nobody's way.

    Args:
        policy: What the app wants.
        pull_request: The pull request.
    """
    labels = _folded(pull_request.labels)
    wanted = _folded(label for label in policy.labels if not label.startswith("!"))
    unwanted = _folded(label.removeprefix("!") for label in policy.labels if label.startswith("!"))
    base = pull_request.base
    reasons = {
        "previews of this app are switched off": not policy.enabled or policy.max == 0,
        "it is closed": pull_request.state == "closed",
        "it is a draft": pull_request.draft and not policy.drafts,
        f"it aims at `{clean(base)}`, not at {_listed(policy.bases)}": bool(base and policy.bases)
        and not any(fnmatchcase(base, pattern) for pattern in policy.bases),
        "it comes from a fork": pull_request.fork and policy.forks == "never",
        "it comes from a fork, and no label is declared that lets one in": pull_request.fork
        and policy.forks == "labelled"
        and not wanted,
        f"it has no label of {_listed(sorted(wanted))}": bool(wanted) and not wanted & labels,
        f"it has the label {_listed(sorted(unwanted & labels))}": bool(unwanted & labels),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def is_pinned(policy: Preview, pull_request: PullRequest) -> bool:
    """Return whether a label of the pull request keeps its preview whatever its age."""
    return bool(_folded([policy.pin]) & _folded(pull_request.labels))


def _folded(labels: Iterable[str]) -> set[str]:
    """Return labels as GitHub compares them: in whatever case. An empty one is none."""
    return {label.casefold() for label in labels if label}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
