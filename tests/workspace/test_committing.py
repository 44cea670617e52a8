"""How commits are made is one value: it reaches local and pushed commits, of both branches and all repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import File
from generator.gitrepo.writer import WithPristine
from generator.workspace.committing import Committing, committing
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Proposal
from generator.workspace.remotes import Remote, written
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]

BOT = committing(
    author="Ada <ada@example.com>",
    committer=" acme bot <bot@example.com> ",
    sign_off=True,
    message_template="ci: {{ subject }}",
)
FORM = "--format=%an <%ae>|%cn <%ce>|%s|%(trailers:key=Signed-off-by,valueonly,separator=%x2C)"
MADE = "Ada <ada@example.com>|acme bot <bot@example.com>|ci: Add environment qa|acme bot <bot@example.com>"


def test_it_reaches_the_commits_of_both_branches_in_all_repositories(
    acme: Open, out: Path, commit: Commit, git: Git
) -> None:
    commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False).made(BOT))
    form = FORM.replace("%s", "")
    for repository in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        for branch in ("main", "gitopsmith/pristine"):
            assert git(out / repository, "log", "-1", form, branch) == MADE.replace("ci: Add environment qa", "")
            assert git(out / repository, "log", "-1", "--format=%s", branch).startswith("ci: Add ")
    assert git(out / repository, "log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)", "main")


def test_it_reaches_what_is_pushed(acme: Open, out: Path, tmp_path: Path, git: Git) -> None:
    git(out, "clone", "--quiet", "--bare", "acme-apps/acme-gitops", str(tmp_path / "remote.git"))
    remote = Remote(str(tmp_path / "remote.git"), "main", cache=tmp_path / "cache")
    change = Change({"new": File(b"x")}, "Add environment qa")
    with remote.writable() as writable:
        outcome = written(writable.deployed, lambda _tree: change, BOT)
    assert git(tmp_path / "remote.git", "log", "-1", FORM, "main") == MADE
    assert outcome.change
    assert outcome.change.subject == "ci: Add environment qa"


def test_a_planner_of_both_branches_is_worded_on_both() -> None:
    edits = {"a": File(b"x")}
    planner = BOT.planner(WithPristine(lambda *_: (Change(edits, "one"), Change(edits, "two"))))
    assert isinstance(planner, WithPristine)
    assert [change.subject for change in planner.plan(None, None)] == ["ci: one", "ci: two"]  # type: ignore[arg-type]


def test_a_template_that_fails_is_told_before_anything_is_committed(shared: Open) -> None:
    proposal = add_environment(shared(), "qa", "prod-eu", before=None, force=False)
    with pytest.raises(UserError, match="division by zero"):
        proposal.made(committing(message_template="{{ 1 / 0 }}"))


def test_nothing_asked_for_is_as_configured() -> None:
    assert committing() == Committing()
    assert committing(author="", committer="", message_template="") == Committing()


@pytest.mark.parametrize(
    "person", ["Ada", "ada@example.com", "<ada@example.com>", "Ada <>", "Ada <a@b> x", "A\nB <a@b>", " <a>"]
)
def test_somebody_who_can_make_no_commits_is_refused(person: str) -> None:
    with pytest.raises(UserError, match="nobody who can make commits"):
        committing(author=person)
