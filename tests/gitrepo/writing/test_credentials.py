"""A token opens a remote and is seen nowhere: in no process, no file, no reflog and no error."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.clone import Clone
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.git_process import environment
from generator.gitrepo.publishing import Publication
from generator.gitrepo.repository import Repository
from generator.gitrepo.writer import Patience, write
from tests.gitrepo.writing.conftest import TOKEN, OpenBranch, Remote, Web, serving, set_version

BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
FORMS = [TOKEN, BASIC, quote(TOKEN, safe="")]

# Runs on the remote while a push is under way: which processes have the token in their arguments, if any?
LOOK_AT_PROCESSES = """#!{python}
import pathlib, sys
forms = pathlib.Path({forms!r}).read_text().split()
seen = set()
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    try:
        command = path.read_bytes().decode(errors="replace")
    except OSError:
        continue
    seen.add("git push" if "git\\0push" in command else "")
    seen |= {{command for form in forms if form in command}}
pathlib.Path({found!r}).write_text("\\n".join(sorted(seen)))
"""


@pytest.fixture
def open_branch(remote: Remote, web: Web, branch_of: OpenBranch) -> OpenBranch:
    """Return what opens the remote through the web server."""
    return lambda token=TOKEN, **options: branch_of(f"{web.url}/{remote.path.name}", token=token, **options)


def assert_hidden(text: str) -> None:
    assert [form for form in FORMS if form in text] == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="lists processes as Linux does")
def test_the_token_is_in_no_process_and_no_file(
    remote: Remote, open_branch: OpenBranch, cloned: Callable[[], Path], tmp_path: Path
) -> None:
    forms, found = tmp_path / "forms", tmp_path / "found"
    forms.write_text("\n".join(FORMS))
    remote.hook("pre-receive", LOOK_AT_PROCESSES.format(python=sys.executable, forms=str(forms), found=str(found)))
    write(open_branch(), [set_version(number, "2") for number in range(3)])
    assert len(remote.subjects()) == 4
    assert found.read_text().split("\n") == ["", "git push"]
    files = [path for folder in (cloned().parent, remote.path) for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert_hidden(path.read_bytes().decode(errors="replace"))


def test_the_token_is_sent_to_the_remote(remote: Remote, web: Web, open_branch: OpenBranch) -> None:
    write(open_branch(), [set_version(1, "2")])
    assert {authorization for _, authorization in web.seen} == {f"Basic {BASIC}"}
    assert remote.subjects()[1:] == ["app-1 → 2"]


def test_the_token_is_sent_to_no_other_host() -> None:
    settings = dict(Credentials(TOKEN).settings("https://github.com/acme/acme-gitops.git"))
    assert settings["http.https://github.com/.extraHeader"] == f"Authorization: Basic {BASIC}"
    assert settings["credential.helper"] == ""
    for url in ("git@github.com:acme/a.git", "ssh://git@github.com/a.git", "/srv/a.git", "file:///srv/a.git"):
        assert Credentials(TOKEN).settings(url) == ()


@pytest.fixture
def other_host(web: Web, tmp_path: Path) -> Iterator[Web]:
    """Serve the same repositories a second time, to everybody; the first server sends its callers on to there."""
    with serving(tmp_path) as other:
        other.public = True
        web.moved_to = other.url
        yield other


def test_the_token_does_not_follow_a_redirect(remote: Remote, open_branch: OpenBranch, other_host: Web) -> None:
    with pytest.raises(UserError, match="renamed or moved") as caught:
        write(open_branch(), [set_version(1, "2")])
    assert caught.value.hint.startswith("Name its new address")
    assert other_host.seen == []
    assert remote.subjects() == ["first"]


def test_the_token_does_not_follow_a_redirect_where_branches_are_published(
    remote: Remote, web: Web, other_host: Web, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path / "ours"], check=True)
    publication = Publication(Repository(tmp_path / "ours"), f"{web.url}/{remote.path.name}", Credentials(TOKEN))
    with pytest.raises(UserError, match="renamed or moved"):
        publication.theirs()
    assert other_host.seen == []


def test_without_a_token_git_follows_as_it_is_set_up(remote: Remote, open_branch: OpenBranch, other_host: Web) -> None:
    write(open_branch(None), [set_version(1, "2")])
    assert {authorization for _, authorization in other_host.seen} == {""}
    assert remote.subjects() == ["first", "app-1 → 2"]


@pytest.mark.parametrize("trace", ["GIT_TRACE", "GIT_TRACE_CURL", "GIT_TRACE2_EVENT", "GIT_TRACE_PACKET"])
def test_traces_are_not_written(
    open_branch: OpenBranch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trace: str
) -> None:
    monkeypatch.setenv(trace, str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    write(open_branch(), [set_version(1, "2")])
    assert not (tmp_path / "trace").exists()


def test_no_error_tells_a_token(remote: Remote, web: Web, open_branch: OpenBranch) -> None:
    remote.hook("pre-receive", f"#!/bin/sh\necho 'your token {TOKEN} or {BASIC} is not welcome' >&2\nexit 1\n")
    with pytest.raises(UserError, match=r"your token \*\*\* or \*\*\* is not welcome") as caught:
        write(open_branch(), [set_version(1, "2")])
    error: BaseException | None = caught.value
    while error:
        assert_hidden(f"{error} {error!r} {error.args}")
        error = error.__cause__
    assert_hidden(repr(Credentials(TOKEN)))


@pytest.mark.parametrize(("token", "said"), [(None, "lets nobody in"), ("ghs_wrong", "does not let us in")])
def test_a_wrong_token_is_an_error_and_nothing_is_asked(open_branch: OpenBranch, token: str | None, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        write(open_branch(token), [set_version(1, "2")])
    assert "ghs_wrong" not in str(caught.value)


def test_a_stored_password_does_not_stand_in_for_a_token_that_is_refused(
    open_branch: OpenBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = f"!f() {{ echo username=x-access-token; echo password={TOKEN}; }}; f"
    for name, value in (("COUNT", "1"), ("KEY_0", "credential.helper"), ("VALUE_0", helper)):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with pytest.raises(UserError, match="does not let us in"):
        write(open_branch("ghs_wrong"), [set_version(1, "2")])
    assert write(open_branch(None), [set_version(1, "2")])[0].commit


STATUSES = [
    (301, UserError, "renamed or moved"),
    (307, UserError, "renamed or moved"),
    (401, UserError, "does not let us in"),
    (403, UserError, "does not let us in"),
    (404, UserError, "no such repository"),
    (409, TemporaryError, "somebody else moved the branch"),
    (429, TemporaryError, "the remote is away"),
    (500, TemporaryError, "the remote is away"),
    (503, TemporaryError, "the remote is away"),
]


@pytest.mark.parametrize(("status", "kind", "said"), STATUSES)
@pytest.mark.parametrize("request_end", ["info/refs?service=git-receive-pack", "git-receive-pack"])
def test_what_a_host_answers_to_a_push_is_understood(
    remote: Remote, web: Web, open_branch: OpenBranch, status: int, kind: type[Exception], said: str, request_end: str
) -> None:
    branch = open_branch()
    write(branch, [set_version(1, "2")])
    web.answers[request_end] = status
    with pytest.raises(kind, match=said):
        write(branch, [set_version(2, "2")], patience=Patience(attempts=3), sleep=lambda _: None)
    web.answers.clear()
    write(branch, [set_version(2, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2"]


def test_a_host_that_is_away_is_no_reason_to_clone_again(
    web: Web, open_branch: OpenBranch, cloned: Callable[[], Path]
) -> None:
    branch = open_branch()
    write(branch, [set_version(1, "2")])
    (cloned() / "kept").write_text("")
    web.answers["info/refs?service=git-upload-pack"] = 503
    with pytest.raises(TemporaryError):
        write(branch, [set_version(1, "2")])
    assert (cloned() / "kept").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@github.com/a.git",
        "http://x-access-token:secret@host:80/a.git",
        "ssh://a:secret@b/c",
        "https://secret@github.com/a.git",
        "http://secret@host/a.git",
        "HTTPS://secret:x-oauth-basic@github.com/a.git",
        "https://secret:@github.com/a.git",
        "https://secret@me@github.com/a.git",
    ],
)
def test_a_password_or_a_token_in_an_address_is_refused_without_being_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"://\*\*\*@[a-z]+") as caught:
        Clone(url, tmp_path)
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("url", ["ssh://git@github.com/a.git", "git@github.com:acme/a.git", "/srv/me@home/a.git"])
def test_an_address_may_name_the_user_of_ssh(url: str, tmp_path: Path) -> None:
    assert Clone(url, tmp_path).url == url


@pytest.mark.parametrize(
    "url", ["http://github.com/a.git", "http://10.0.0.1:3000/a.git", "http://127.0.0.1.evil.dev/a"]
)
def test_a_token_is_not_sent_without_encryption(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a token would be sent without encryption") as caught:
        Clone(url, tmp_path, credentials=Credentials(TOKEN))
    assert caught.value.message.startswith(f"{url}: ")
    assert Clone(url, tmp_path).url == url


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "127.1.2.3", "localhost:80", "LOCALHOST", "[::1]:3000"])
def test_a_token_is_sent_without_encryption_on_this_machine(host: str) -> None:
    assert f"http.http://{host}/.extraHeader" in dict(Credentials(TOKEN).settings(f"http://{host}/a.git"))


@pytest.mark.parametrize(
    "url", ["", "-u/x", "--upload-pack=touch x", "ext::sh -c touch% x", "fd::17", "a\nb", "https://[::1/a"]
)
def test_an_address_that_would_run_something_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not the address of a repository"):
        Clone(url, tmp_path)


def test_the_environment_of_git_is_ours() -> None:
    inherited = {
        "PATH": "/bin",
        "GIT_DIR": "/elsewhere",
        "GIT_INDEX_FILE": "/elsewhere/index",
        "GIT_TRACE_CURL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "c",
    }
    found = environment(inherited, (("d.e", "f"),))
    assert found == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "c",
        "GIT_CONFIG_KEY_1": "d.e",
        "GIT_CONFIG_VALUE_1": "f",
    }
    assert "GIT_CONFIG_COUNT" not in os.environ
