"""What git and the hosts say when a push or a fetch fails, and what it means."""

from __future__ import annotations

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.failures import Failure, classify, explain

MAIN = "deadbeef:refs/heads/main"


def rejected(reason: str, kind: str = "remote rejected", *, told: str = "") -> str:
    """Return what `git push --porcelain` writes about a reference that was not moved."""
    return (
        f"To https://host/a.git\n!\t{MAIN}\t[{kind}] ({reason})\nDone\n{told}\nerror: failed to push some refs to 'x'"
    )


REASONS = {
    Failure.LOST_RACE: [
        rejected("stale info", "rejected"),
        rejected("non-fast-forward", "rejected"),
        rejected("fetch first", "rejected"),
        rejected("needs force", "rejected"),
        rejected("already exists", "rejected"),
        rejected("remote ref updated since checkout", "rejected"),
        rejected(f"cannot lock ref 'refs/heads/main': is at {'a' * 40} but expected {'b' * 40}"),
        rejected("cannot lock ref 'refs/heads/main': reference already exists"),
        rejected("cannot lock ref 'refs/heads/main': Unable to create '/srv/main.lock': File exists."),
        rejected("failed to update ref"),
        rejected("failed to lock"),
        rejected("incorrect old value provided"),
        rejected("non-fast forward"),
        rejected("reference already exists"),
        rejected("lock error: LOCK_FAILURE"),
        rejected("pre-receive hook declined", told="remote: TF401028: it has already been updated by another client"),
        rejected("pre-receive hook declined", told="remote: cannot lock ref 'refs/heads/main': is at 1 but expected 2"),
        f"!\t{MAIN}\t[remote rejected] (atomic push failure)\n!\tx:y\t[rejected] (stale info)",
        f"!\t{MAIN}\t[remote rejected] (atomic transaction failed)\n"
        "!\tx:y\t[remote rejected] (atomic transaction failed)\n"
        f"remote: error: cannot lock ref 'refs/heads/main': is at {'1' * 40} but expected {'2' * 40}",
        "error: RPC failed; HTTP 409 curl 22 The requested URL returned error: 409",
        "error: atomic push failed for ref refs/heads/main. status: 2",
        "hint: Updates were rejected because the remote contains work that you do not\nhint: have locally.",
    ],
    Failure.REFUSED: [
        rejected("pre-receive hook declined"),
        rejected("protected branch hook declined", told="remote: error: GH006: Protected branch update failed"),
        rejected("push declined due to repository rule violations", told="remote: error: GH013: Repository rule"),
        rejected("pre-receive hook declined", told="remote: GitLab: You are not allowed to push code to protected"),
        rejected("hook declined", told="remote: please fetch first, your branch is stale"),
        rejected("denying non-fast-forward refs/heads/main (you should pull first)"),
        rejected("deny updating a hidden ref"),
        f"!\t{MAIN}\t[remote rejected] (hook declined)\n!\tx:y\t[remote rejected] (atomic push failure)",
        f"!\t{MAIN}\t[remote rejected] (hook declined)\n!\tx:y\t[rejected] (stale info)",
    ],
    Failure.FORBIDDEN: [
        "remote: Permission to acme/a.git denied to bot.\nfatal: The requested URL returned error: 403",
        "fatal: Authentication failed for 'https://github.com/acme/a.git/'",
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        "Host key verification failed.\nfatal: Could not read from remote repository.",
        "remote: Write access to repository not granted.\nfatal: unable to access 'x': ... returned error: 403",
        "ERROR: Permission to acme/a.git denied to deploy key\nfatal: Could not read from remote repository.",
    ],
    Failure.NO_REPOSITORY: [
        "remote: Repository not found.\nfatal: repository 'https://github.com/acme/a.git/' not found",
        "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
        "fatal: '/srv/a.git' does not appear to be a git repository",
        "remote: The project you were looking for could not be found or you don't have permission to view it.",
        "fatal: unable to access 'x': The requested URL returned error: 404",
    ],
    Failure.NO_BRANCH: ["fatal: couldn't find remote ref refs/heads/main"],
    Failure.AWAY: [
        "fatal: unable to access 'https://x/': Could not resolve host: x",
        "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused",
        "ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.",
        "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502",
        "fatal: the remote end hung up unexpectedly",
        "fatal: fetch-pack: invalid index-pack output",
        "error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred the last 60 seconds",
        "fatal: unable to access 'x': The requested URL returned error: 429",
        "remote: fatal error in commit_refs\n" + rejected("failure"),
        "remote: Internal Server Error\n" + rejected("Internal Server Error"),
        "remote: You have exceeded a secondary rate limit\nfatal: The requested URL returned error: 403",
        rejected("unpacker error", told="remote: fatal: write error: No space left on device"),
    ],
    Failure.DISK_FULL: [
        "fatal: write error: No space left on device",
        "fatal: sha1 file 'objects/pack/tmp_pack_a' write error. Out of diskspace\nfatal: (disk corruption?)",
        "died of signal 25",
        "error: file write error: Disk quota exceeded",
        "fatal: sha1 file '.git/objects/pack/tmp' write error: File too large",
    ],
    Failure.DAMAGED: [
        "fatal: bad object refs/remotes/origin/main",
        "error: object file objects/aa/bb is empty\nfatal: loose object aabb is corrupt",
        "fatal: not a git repository (or any of the parent directories): .git",
        "fatal: 'origin' does not appear to be a git repository\nfatal: Could not read from remote repository.",
        "fatal: bad shallow line: x\nfatal: the remote end hung up unexpectedly",
        rejected("missing necessary objects"),
    ],
    Failure.UNKNOWN: ["", "fatal: something quite new"],
}
CASES = [(said, failure) for failure, several in REASONS.items() for said in several]


@pytest.mark.parametrize(("said", "failure"), CASES)
def test_every_wording_is_known(said: str, failure: Failure) -> None:
    assert classify(said) is failure


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_is_explained(failure: Failure) -> None:
    error = explain(failure, "git's own words", url="https://host/a.git", branch="main")
    assert isinstance(error, TemporaryError | UserError)
    assert "git's own words" in str(error) or failure is Failure.NO_BRANCH
    assert "https://host/a.git" in str(error) or failure is Failure.DISK_FULL


def test_an_error_is_as_long_as_a_person_reads() -> None:
    said = "".join(f"remote: line {number} {'x' * 1000}\n" for number in range(1000)) + "hint: a hint\n"
    text = str(explain(Failure.REFUSED, said, url="u", branch="main"))
    assert len(text) < 12_000
    assert "hint:" not in text


def test_a_token_that_is_missing_is_told_from_one_that_is_refused() -> None:
    said = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
    missing = explain(Failure.FORBIDDEN, said, url="https://host/a.git", branch="main", anonymous=True)
    refused = explain(Failure.FORBIDDEN, said, url="https://host/a.git", branch="main")
    assert isinstance(missing, UserError)
    assert isinstance(refused, UserError)
    assert missing.message == "https://host/a.git: the remote lets nobody in without a token, and there is none for it."
    assert "GITOPSMITH_TOKEN" in missing.hint
    assert refused.hint.startswith("Check the token")


def test_an_address_that_is_not_allowed_is_no_wrong_token() -> None:
    said = (
        "remote: The `acme' organization has an IP allow list enabled, and 192.0.2.1 is not permitted to access this "
        "repository.\nfatal: unable to access 'https://host/a.git/': The requested URL returned error: 403"
    )
    assert classify(said) is Failure.FORBIDDEN
    error = explain(Failure.FORBIDDEN, said, url="https://host/a.git", branch="main")
    assert isinstance(error, UserError)
    assert error.hint == "Add the address of this machine to the organization's IP allow list."
    other = explain(Failure.FORBIDDEN, "denied", url="u", branch="main")
    assert isinstance(other, UserError)
    assert other.hint.startswith("Check the token")
