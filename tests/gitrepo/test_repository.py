"""Commits to both branches or to neither, and what a repository answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH, PRISTINE_TRAILER
from generator.core.tree import EXECUTABLE, SYMLINK, File, MemoryTree
from generator.gitrepo.creation import create
from generator.gitrepo.folder_tree import FolderTree
from generator.gitrepo.repository import Repository
from tests.gitrepo.conftest import CHANGE, NOTHING, ORIGIN, PRISTINE, Git, State, assert_applied, content, heads


def test_both_branches_are_committed_to_and_the_work_tree_follows(repository: Repository, git: Git) -> None:
    before = heads(repository)
    commit = repository.commit("main", CHANGE, PRISTINE)
    assert commit == repository.head("main")
    assert git(repository.path, "rev-parse", "main~1", f"{PRISTINE_BRANCH}~1").split("\n") == list(before)
    assert_applied(repository, git)
    assert git(repository.path, "fsck", "--strict", "--no-dangling") == ""


def test_the_commit_names_the_pristine_commit_that_it_took(repository: Repository, git: Git) -> None:
    repository.commit("main", CHANGE, PRISTINE)
    pristine = git(repository.path, "rev-parse", PRISTINE_BRANCH)
    trailers = {"Cluster": "prod-eu", PRISTINE_TRAILER: pristine}
    assert repository.trailers("main", "registry/a.yaml") == trailers
    assert git(repository.path, "log", "-1", "--format=%an <%ae>|%s", "main") == "Test <test@example.com>|Add prod-eu"
    repository.commit("main", Change({"x": File(b"")}, "by hand"), NOTHING)
    assert repository.trailers("main", "x") == {PRISTINE_TRAILER: pristine}
    assert repository.trailers("main", "registry/a.yaml") == trailers


def test_nothing_to_do_makes_no_commit(repository: Repository, state: State) -> None:
    before = state(repository.path)
    assert repository.commit("main", NOTHING, NOTHING) is None
    assert state(repository.path) == before


def test_one_branch_may_change_alone(repository: Repository, git: Git) -> None:
    main, pristine = heads(repository)
    assert repository.commit("main", NOTHING, PRISTINE) == main
    assert heads(repository) == (main, git(repository.path, "rev-parse", PRISTINE_BRANCH))
    assert repository.head(PRISTINE_BRANCH) != pristine
    assert repository.uncommitted() == ()
    pristine = repository.head(PRISTINE_BRANCH)
    repository.commit("main", CHANGE, NOTHING)
    assert repository.head(PRISTINE_BRANCH) == pristine
    assert repository.uncommitted() == ()


def test_a_file_that_is_in_the_repository_already_is_no_obstacle(repository: Repository) -> None:
    edits = {"README.md": File(b"# acme\n"), "missing": None, "new": File(b"")}
    repository.commit("main", Change(edits, "x"), NOTHING)
    assert repository.uncommitted() == ()


@pytest.mark.parametrize(
    "edits",
    [
        {"registry/a.yaml": None, "registry/a.yaml/b": File(b"1")},
        {"registry/a.yaml": None, "registry/b.yaml": None, "registry": File(b"1")},
    ],
)
def test_a_file_may_become_a_folder_and_a_folder_a_file(repository: Repository, edits: dict[str, File | None]) -> None:
    repository.commit("main", Change(edits, "x"), NOTHING)
    assert repository.uncommitted() == ()
    assert content(FolderTree(repository.path)) == content(repository.tree("main"))


names = st.sampled_from(
    ["a", "b", "a b", 'say "hi"', "back\\slash", "line\nbreak", "-dash", "日本", "*", ":x", "caf\udce9"]
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
files = st.builds(File, st.binary(max_size=6), st.sampled_from([0o100644, 0o100644, EXECUTABLE])) | st.just(
    File(b"nowhere", SYMLINK)
)
trees = st.dictionaries(paths, files, max_size=6).map(
    lambda found: {path: file for path, file in found.items() if not any(f"{path}/" in other for other in found)}
)


@settings(max_examples=15)
@given(trees.filter(bool), trees)
def test_whatever_the_change_the_work_tree_is_what_is_committed(
    before: dict[str, File], after: dict[str, File]
) -> None:
    edits = {path: after.get(path) for path in {*before, *after} if before.get(path) != after.get(path)}
    with TemporaryDirectory() as folder:
        first = Change(before, "first")
        repository = create(Path(folder) / "repository", "main", first, first, ORIGIN)
        repository.commit("main", Change(edits, "next"), Change(edits, "next"))
        assert content(repository.tree("main")) == content(repository.tree(PRISTINE_BRANCH)) == after
        assert content(FolderTree(repository.path)) == after
        assert repository.uncommitted() == ()
        leftovers = [path for path in repository.path.iterdir() if path.name != ".git" and not after]
        assert leftovers == []


def test_what_is_no_repository_is_named(repository: Repository, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    (tmp_path / "file").write_text("")
    for path in ("missing", "file", "bare", "acme-gitops/registry", "acme-gitops/.git"):
        with pytest.raises(UserError, match=path):
            Repository(tmp_path / path)


@pytest.mark.usefixtures("repository")
def test_a_repository_that_git_refuses_is_not_taken_for_an_empty_one(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    questions: list[Callable[[], object]] = [
        lambda: repository.head("main"),
        lambda: repository.tree("main"),
        repository.checked_out,
        repository.uncommitted,
        repository.pristine_head,
        lambda: repository.commit("main", CHANGE, PRISTINE),
    ]
    for question in questions:
        with pytest.raises(UserError, match="dubious ownership"):
            question()


def test_a_branch_that_is_not_there_holds_nothing(repository: Repository) -> None:
    assert repository.head("other") is None
    assert repository.tree("other") == MemoryTree()
    assert repository.at(None) == MemoryTree()


def test_what_is_uncommitted_is_listed(repository: Repository, git: Git) -> None:
    (repository.path / "README.md").write_text("x")
    (repository.path / "a b").write_text("x")
    (repository.path / "new/folder").mkdir(parents=True)
    (repository.path / "new/folder/file").write_text("x")
    git(repository.path, "mv", "run.sh", "walk.sh")
    git(repository.path, "config", "status.showUntrackedFiles", "no")
    assert sorted(repository.uncommitted()) == ["README.md", "a b", "new/", "run.sh", "walk.sh"]
