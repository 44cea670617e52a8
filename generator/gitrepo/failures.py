"""What it means when a fetch or a push fails, in every wording of git and of the hosts. Pure."""

from __future__ import annotations

import re
import signal
from enum import Enum

from generator.core.errors import GitopsmithError, TemporaryError, UserError


class Failure(Enum):
    """Why git failed."""

    LOST_RACE = "somebody else moved the branch"
    REFUSED = "a rule or a hook refuses the push"
    FORBIDDEN = "no permission"
    NO_REPOSITORY = "no such repository"
    MOVED = "the repository was renamed or moved"
    NO_BRANCH = "no such branch"
    DISK_FULL = "the disk is full"
    DAMAGED = "the clone is damaged"
    AWAY = "the remote is away"
    UNKNOWN = "something else"


class NoRepositoryError(UserError):
    """There is no such repository, or it is hidden from us."""


# The status of one reference, as `git push --porcelain` writes it: `!` TAB `FROM:TO` TAB `[rejected] (REASON)`.
_STATUS = re.compile(r"^!\t[^\t]*\t\[(?:remote )?(?:rejected|failure)\](?: \((?P<reason>.*)\))?$", re.MULTILINE)

# Reasons that follow from what became of another reference of the same push: they say nothing of their own.
_BYSTANDER = re.compile(r"atomic (?:push|transaction) fail", re.IGNORECASE)

_REASONS = (
    (Failure.REFUSED, r"hook declined|protected|rule violation|prohibited|not allowed|denying|refus|deny"),
    (
        Failure.LOST_RACE,
        r"stale info|non-fast-forward|non-fast forward|fetch first|needs force|already exists|remote ref updated"
        r"|lock ref|failed to lock|lock error|lock_failure|failed to update ref|cannot update ref|incorrect old value"
        r"|expected|transaction|has been updated|was updated|conflict",
    ),
    (Failure.DAMAGED, r"missing necessary objects|bad pack|shallow update"),
    (Failure.AWAY, r"unpacker error|failure|internal|timed? ?out|unavailable|reporting"),
)
"""By what stands in the brackets behind a rejected reference; git 2.39, JGit, GitHub, GitLab, Gitea and Azure."""

_HOOK_LOST_RACE = re.compile(
    r"already been updated by another client|reference already exists|cannot lock ref|reference update failed"
    r"|is at [0-9a-f]{40,64} but expected",
    re.IGNORECASE,
)
"""Hosts that update references in a hook of theirs say in its words, not in the reason, that a race was lost."""

_OUR_WORDS = (
    # The signal comes where a process may write only so much (`ulimit -f`).
    (
        Failure.DISK_FULL,
        r"no space left on device|out of disk ?space|disk quota exceeded|file too large"
        rf"|died of signal {signal.SIGXFSZ:d}\b",
    ),
    (
        Failure.DAMAGED,
        r"'origin' does not appear|not a git repository:? \(|bad object|corrupt|unable to read|object file .* is empty"
        r"|loose object|packfile|missing (?:blob|tree|commit|object)|invalid object|bad config|could not parse|inflate"
        r"|unresolved deltas|did not send all necessary objects|bad signature|index file|unable to find [0-9a-f]"
        r"|broken (?:ref|link)|bad ref|bad tree|invalid sha1 pointer|unknown repository extension|failed to traverse"
        r"|bad shallow|does not exist in .*shallow",
    ),
)
"""In lines that are not the remote's: what is wrong with our clone, or the disk that it is on."""

_WORDS = (
    (Failure.MOVED, r"returned error: 30[12378]\b|http 30[12378]\b"),
    (Failure.AWAY, r"rate limit|returned error: (?:429|5\d\d)|http (?:429|5\d\d)|too many requests"),
    (Failure.LOST_RACE, r"returned error: 409|http 409|atomic push failed|updates were rejected because"),
    (Failure.NO_BRANCH, r"couldn't find remote ref|remote branch .* not found"),
    (
        Failure.NO_REPOSITORY,
        r"repository not found|repository '.*' not found|does not appear to be a git repository"
        r"|project you were looking for could not be found|returned error: (?:404|410)|no such remote",
    ),
    (
        Failure.FORBIDDEN,
        r"returned error: 40[13]|authentication failed|could not read (?:username|password)|permission to .* denied"
        r"|permission denied|access denied|not permitted|host key verification failed|write access to repository"
        r"|invalid username or|insufficient permission|dubious ownership|support for password authentication",
    ),
    (Failure.REFUSED, r"gh006|gh013|protected branch|rule violations|hook declined|transport '.*' not allowed"),
    (
        Failure.AWAY,
        r"could not resolve host|couldn't connect|connection (?:refused|reset|timed out|closed)|timed out"
        r"|failed to connect|network is unreachable|no route to host|hung up unexpectedly|early eof|empty reply"
        r"|invalid index-pack output|operation too slow|internal server error|temporary failure|ssl_|gnutls"
        r"|unexpected disconnect"
        r"|internal api|bad gateway|remote: fatal|remote: error: .*no space left|service unavailable|transfer closed",
    ),
)


_EXPLAINED = {
    Failure.REFUSED: (
        "{url}: the remote refuses a push to `{branch}`:\n{words}",
        "Allow this account to push there, or deliver by pull requests.",
    ),
    Failure.FORBIDDEN: (
        "{url}: the remote does not let us in:\n{words}",
        "Check the token: it needs to be valid, and to read and write this repository's contents.",
    ),
    Failure.NO_REPOSITORY: (
        "{url}: there is no such repository, or it is hidden from us:\n{words}",
        "Check the address, and that the token may see the repository.",
    ),
    Failure.MOVED: (
        "{url}: the answer leads to another address: the repository was renamed or moved:\n{words}",
        "Name its new address, which a browser shows at the old one; no token is sent to where an answer leads.",
    ),
    Failure.NO_BRANCH: (
        "{url}: there is no branch `{branch}`.",
        "Create the branch, or configure the one that is meant.",
    ),
    Failure.DISK_FULL: ("The disk is full:\n{words}", "Make room where the clones are kept, and try again."),
    Failure.UNKNOWN: ("{url}: git refuses: {words}", "Mend what git says and try again."),
}
"""What is told about what a person must mend: what was found, and what to do."""

_NOT_FROM_HERE = "Add the address of this machine to the organization's IP allow list."
"""What to do where it is not the token that is not let in, by GitHub's words `IP allow list`."""


_NOBODY = (
    "{url}: the remote lets nobody in without a token, and there is none for it.",
    "Set GITOPSMITH_TOKEN, or the variables of a GitHub App; `gitopsmith doctor` says what is missing. A token goes "
    "to the GitHub of --github-url, and to other hosts where --remote, --platform or `origin` names them.",
)
"""What is told where git asks for a user: a token that was refused is asked for in the same words."""


def classify(said: str) -> Failure:
    """Return why a fetch or a push failed, from all that git wrote.

    The reasons that git gives reference by reference come first: what a remote's hook prints may contain anything.
    """
    reasons = [match["reason"] or "" for match in _STATUS.finditer(said)]
    found = [_by(_REASONS, reason) for reason in reasons if not _BYSTANDER.search(reason)]
    for failure in (Failure.REFUSED, Failure.LOST_RACE, Failure.DAMAGED, Failure.AWAY):
        if failure in found:
            lost_in_hook = failure is Failure.REFUSED and _HOOK_LOST_RACE.search(said)
            return Failure.LOST_RACE if lost_in_hook else failure
    if reasons and not found and _HOOK_LOST_RACE.search(said):
        # Both branches are bystanders of the transaction that failed; why it did, the remote says beside them.
        return Failure.LOST_RACE
    ours = "\n".join(line for line in said.splitlines() if not line.startswith("remote:"))
    failure = _by(_OUR_WORDS, ours)
    return _by(_WORDS, said) if failure is Failure.UNKNOWN else failure


def explain(failure: Failure, said: str, *, url: str, branch: str, anonymous: bool = False) -> GitopsmithError:
    """Return the error for a failure.

    Args:
        failure: Why git failed.
        said: What git wrote, without secrets.
        url: The remote's address.
        branch: The branch that was fetched or pushed.
        anonymous: Whether git was given no token.
    """
    words = _worth_reading(said)
    if failure in (Failure.LOST_RACE, Failure.DAMAGED, Failure.AWAY):
        return TemporaryError(f"{url}: {failure.value}: {words}")
    found, hint = _EXPLAINED[failure]
    if failure is Failure.FORBIDDEN and "ip allow list" in said.casefold():
        hint = _NOT_FROM_HERE
    elif failure is Failure.FORBIDDEN and anonymous and "could not read username" in said.casefold():
        found, hint = _NOBODY
    error = NoRepositoryError if failure is Failure.NO_REPOSITORY else UserError
    return error(found.format(url=url, branch=branch, words=words), hint=hint)


def _by(table: tuple[tuple[Failure, str], ...], text: str) -> Failure:
    matches = (failure for failure, words in table if re.search(words, text, re.IGNORECASE | re.MULTILINE))
    return next(matches, Failure.UNKNOWN)


def _worth_reading(said: str) -> str:
    """Return what git wrote without hints, progress and repetitions, bounded: a hook may print without end."""
    dull = ("hint:", "To ", "Done", "error: failed to push some refs", "remote: Resolving", "remote: Counting")
    lines = dict.fromkeys(line.strip() for line in said.splitlines() if line.strip() and not line.startswith(dull))
    return "\n".join(line[:500] for line in list(lines)[:20])
