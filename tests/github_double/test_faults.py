"""What goes wrong on demand, on the double's own time; and all of it begun again from an earlier moment."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.github_double import git_store
from tests.github_double.conftest import Receiver, hook_body
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer, Away, Exhausted, Fault, Held, Row, Unheard
from tests.github_double.folder_copies import copied, restore

REPOSITORY = "/repos/acme/podinfo"
TOPICS = f"{REPOSITORY}/topics"


class Caller:
    """A GitHub whose time stands still until somebody moves it, and somebody who calls it."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.github = GitHubDouble(folder, clock=lambda: self.now)
        self.github.repository("acme/podinfo", git=True)
        self.token = self.github.token()

    def ask(self, verb: str = "GET", path: str = TOPICS, body: object = None, timeout: float = 20) -> requests.Response:
        headers = {"Authorization": f"token {self.token}"}
        return requests.request(verb, self.github.url + path, json=body, headers=headers, timeout=timeout)

    def git(self) -> requests.Response:
        address = f"{self.github.web}/acme/podinfo.git/info/refs?service=git-upload-pack"
        return requests.get(address, auth=("x-access-token", self.token), timeout=20)


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    made = Caller(tmp_path / "github")
    with made.github:
        yield made
    made.github.assert_sound()


def test_an_answer_that_is_held_back_comes_too_late_for_any_patience(caller: Caller) -> None:
    caller.github.fault(Held(), "PUT")
    with pytest.raises(requests.Timeout):
        caller.ask("PUT", body={"names": ["gitops"]}, timeout=0.2)
    assert caller.ask().json() == {"names": ["gitops"]}


def test_where_the_limit_is_used_up_nobody_may_call_until_it_is_there_again(caller: Caller) -> None:
    caller.github.fault(Exhausted(40))
    refused = caller.ask()
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert int(refused.headers["X-RateLimit-Reset"]) == int(caller.now) + 40
    caller.token = caller.github.token("somebody-else")
    assert caller.ask().status_code == 403
    assert caller.git().status_code == 200
    caller.now += 40
    assert caller.ask().status_code == 200


def test_where_github_is_away_it_is_so_for_git_as_well_and_for_its_time(caller: Caller) -> None:
    caller.github.fault(Away(180))
    assert (caller.ask().status_code, caller.git().status_code) == (503, 503)
    caller.now += 180
    assert (caller.ask().status_code, caller.git().status_code) == (200, 200)


def test_a_row_of_faults_comes_to_one_request_and_its_repetitions(caller: Caller) -> None:
    faults: list[Fault] = [Answer(503), Unheard()]
    row = Row(faults, skip=1)
    caller.github.api.faults.add_row(row)
    assert caller.ask(path=REPOSITORY).status_code == 200
    assert caller.ask().status_code == 503
    assert caller.ask(path=REPOSITORY).status_code == 200
    with pytest.raises(requests.ConnectionError):
        caller.ask()
    assert caller.ask().status_code == 200
    assert row.came == 2


def test_answers_are_dated_by_the_doubles_time(caller: Caller) -> None:
    assert caller.ask().headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


def test_a_delivery_after_others_is_lost(caller: Caller, receiver: Receiver) -> None:
    caller.ask("POST", f"{REPOSITORY}/hooks", hook_body(receiver.url, "release"))
    caller.github.courier.settle()
    caller.github.courier.lose(1, skip=1)
    caller.github.by().create_release(caller.github.state.repositories[min(caller.github.state.repositories)], "v1")
    caller.github.courier.settle()
    assert receiver.told == ["ping", "release created", "release released"]


def test_what_was_remembered_is_so_again_and_nothing_goes_wrong_any_more(caller: Caller, tmp_path: Path) -> None:
    github = caller.github
    memory = github.remember(tmp_path / "memory")
    before = caller.git().text
    for _ in range(2):
        repository = github.state.repository("acme/podinfo")
        assert repository
        assert repository.path
        github.by().create_release(repository, "v1")
        git_store.commit(repository.path, "feature", {"a.txt": "a"}, "New")
        github.fault(Answer(503), times=None)
        assert caller.git().status_code == 503
        github.recall(memory)
        assert caller.ask(path=f"{REPOSITORY}/releases").json() == []
        assert caller.git().text == before


def test_a_folder_holds_again_what_its_copy_holds(tmp_path: Path) -> None:
    folder, copy = tmp_path / "folder", tmp_path / "copy"
    (folder / "kept" / "deep").mkdir(parents=True)
    (folder / "gone").mkdir()
    (folder / "empty").mkdir()
    for name in ("kept/deep/same", "kept/changed", "gone/file", "link-there", "becomes-folder"):
        (folder / name).write_text("as it was")
    (folder / "link").symlink_to("kept")
    copied(folder, copy)
    (folder / "kept" / "changed").write_text("otherwise")
    (folder / "kept" / "new").mkdir()
    (folder / "kept" / "new" / "file").write_text("new")
    (folder / "gone" / "file").unlink()
    (folder / "gone").rmdir()
    (folder / "link").unlink()
    (folder / "link").symlink_to("elsewhere")
    (folder / "link-there").unlink()
    (folder / "link-there").symlink_to("kept")
    (folder / "becomes-folder").unlink()
    (folder / "becomes-folder").mkdir()
    restore(folder, copy)
    subprocess.run(["diff", "-r", "--no-dereference", folder, copy], check=True)
