"""Commits are from whom was asked for, else from whom git is configured for; signed exactly as git is configured."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import File
from generator.gitrepo.authorship import Authorship, Person
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import WithPristine, write
from tests.gitrepo.writing.conftest import OpenBranch, Remote, set_version

BOT = Person("acme bot", "bot@example.com")
Configure = Callable[..., None]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Return what adds a setting to git's configuration for this test."""
    config = tmp_path / "gitconfig"
    shutil.copy(os.environ["GIT_CONFIG_GLOBAL"], config)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))

    def set_value(name: str, value: str) -> None:
        subprocess.run(["git", "config", "--file", config, name, value], check=True)

    return set_value


def people(remote: Remote) -> list[str]:
    return remote.git("log", "-1", "--format=%an <%ae>%n%cn <%ce>").splitlines()


def test_commits_are_from_whom_git_is_configured_for(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    assert people(remote) == ["Test <test@example.com>"] * 2


def test_author_and_committer_can_be_named(remote: Remote, branch: RemoteBranch) -> None:
    author = Person("Ünï <Code>\n", " u@example.com>")
    write(branch, [set_version(1, "2")], authorship=Authorship(author=author, committer=BOT))
    assert people(remote) == ["Ünï Code <u@example.com>", "acme bot <bot@example.com>"]
    remote.assert_sound()


def test_an_unknown_author_is_an_error(remote: Remote, branch: RemoteBranch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(UserError, match="git does not know who you are"):
        write(branch, [set_version(1, "2")])
    write(branch, [set_version(1, "2")], authorship=Authorship(author=BOT, committer=BOT))
    assert people(remote) == [str(BOT)] * 2


def test_the_committer_vouches_on_request(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")], authorship=Authorship(committer=BOT, sign_off=True))
    write(branch, [set_version(1, "3")])
    trailers = remote.git("log", "-2", "--format=%(trailers)", "main").split()
    assert " ".join(trailers) == f"Signed-off-by: {BOT}"


@pytest.fixture
def ssh_key(tmp_path: Path, configure: Configure) -> Path:
    """Configure git to sign by a new SSH key."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"test@example.com {key.with_suffix('.pub').read_text()}")
    configure("gpg.format", "ssh")
    configure("user.signingKey", str(key))
    configure("gpg.ssh.allowedSignersFile", str(allowed))
    return key


@pytest.mark.needs("ssh-keygen")
def test_commits_are_signed_by_ssh_as_git_is_configured(
    remote: Remote, branch: RemoteBranch, ssh_key: Path, configure: Configure
) -> None:
    configure("commit.gpgSign", "true")
    write(branch, [set_version(number, "2") for number in range(3)])
    assert remote.subjects()[1:] == [f"app-{number} → 2" for number in range(3)]
    assert remote.git("log", "-3", "--format=%G?").split() == ["G"] * 3
    for commit in remote.git("rev-list", "-3", "main").split():
        remote.git("verify-commit", commit)
    remote.assert_sound()


@pytest.mark.needs("ssh-keygen")
def test_signing_can_be_asked_for_and_be_left_out(
    remote: Remote, branch: RemoteBranch, ssh_key: Path, configure: Configure
) -> None:
    write(branch, [set_version(1, "2")])
    write(branch, [set_version(1, "3")], authorship=Authorship(sign=True))
    configure("commit.gpgSign", "true")
    write(branch, [set_version(1, "4")], authorship=Authorship(sign=False))
    assert remote.git("log", "-3", "--reverse", "--format=%G?").split() == ["N", "G", "N"]


@pytest.mark.needs("ssh-keygen")
def test_a_signed_commit_names_the_signed_commit_of_the_templates(
    remote: Remote, branch: RemoteBranch, ssh_key: Path
) -> None:
    edits = {"new": File(b"x")}
    both = WithPristine(lambda *_: (Change(edits, "add"), Change(edits, "templates")))
    (outcome,) = write(branch, [both], authorship=Authorship(sign=True, author=BOT))
    for commit in (outcome.commit, outcome.pristine):
        remote.git("verify-commit", f"{commit}")
    assert remote.git("log", "-1", "--format=%(trailers:valueonly)") == outcome.pristine
    assert people(remote)[0] == str(BOT)


@pytest.mark.needs("ssh-keygen")
def test_a_key_that_is_missing_is_an_error_and_nothing_is_pushed(
    remote: Remote, branch: RemoteBranch, ssh_key: Path
) -> None:
    ssh_key.unlink()
    before = remote.head()
    with pytest.raises(UserError, match="could not sign"):
        write(branch, [set_version(1, "2")], authorship=Authorship(sign=True))
    assert remote.head() == before


@pytest.fixture
def gpg_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a key ring with one key; its path is short, for gpg puts a socket into it."""
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as home:
        monkeypatch.setenv("GNUPGHOME", home)
        key = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "Test <test@example.com>"]
        subprocess.run([*key, "ed25519", "sign", "never"], check=True, capture_output=True)
        yield Path(home)
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)


@pytest.mark.needs("gpg", "gpgconf")
def test_commits_are_signed_by_gpg_as_git_is_configured(
    remote: Remote, branch_of: OpenBranch, gpg_home: Path, configure: Configure
) -> None:
    configure("commit.gpgSign", "true")
    write(branch_of(remote.path), [set_version(1, "2"), set_version(2, "2")])
    assert remote.git("log", "-2", "--format=%G?").split() == ["U", "U"] or remote.git(
        "log", "-2", "--format=%G?"
    ).split() == ["G", "G"]
