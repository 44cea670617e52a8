"""Every verb that commits takes the same options: who, vouched for, in which words; told by the environment as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command

from generator.cli.main import cli
from tests.cli.conftest import Run

Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

APPLICATION = Path("acme-apps/acme-gitops")
SET = ("set-version", "podinfo", "6.7.1", "--env", "staging")
OPTIONS = ("--author", "--committer", "--sign-off", "--message-template")
FORM = "--format=%an <%ae>|%cn <%ce>|%s|%(trailers:key=Signed-off-by,valueonly,separator=)"
ASKED = {
    "--author": "Ada <ada@example.com>",
    "--committer": "bot <bot@example.com>",
    "--message-template": "ci({{ app }}): {{ version }} for {{ environment }}",
}
MADE = "Ada <ada@example.com>|bot <bot@example.com>|ci(podinfo): 6.7.1 for staging|bot <bot@example.com>"
# These commit without a dry run, or have a dry run of something else than a commit.
ALSO, NOT = {"serve"}, {"render", "webhooks rotate", "webhooks prune"}


def verbs() -> dict[str, set[str]]:
    """Return the options of every verb."""
    found = {}
    for name, verb in getattr(get_command(cli), "commands", {}).items():
        for below, command in getattr(verb, "commands", {"": verb}).items():
            found[f"{name} {below}".strip()] = {option for one in command.params for option in one.opts}
    return found


def test_every_verb_that_commits_takes_them() -> None:
    for verb, options in verbs().items():
        commits = ("--dry-run" in options and verb not in NOT) or verb in ALSO
        assert set(OPTIONS) <= options if commits else options.isdisjoint(OPTIONS), verb


def given(options: dict[str, str]) -> list[str]:
    return [word for pair in options.items() for word in pair]


@pytest.mark.parametrize("sign_off", ["--sign-off", "-s"])
def test_they_reach_a_commit_in_the_workspace(out: Path, git: Git, run: Run, sign_off: str) -> None:
    done = run(out, *SET, *given(ASKED), sign_off)
    assert done.code == 0, done.err
    assert git(out / APPLICATION, "log", "-1", FORM) == MADE
    assert ": ci(podinfo): 6.7.1 for staging, 1 file" in done.err


@pytest.mark.parametrize("extra", [[], ["--pull-request"]])
def test_they_reach_a_commit_that_is_pushed(
    out: Path, tmp_path: Path, git: Git, run: Run, monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    remote = tmp_path / "remote.git"
    git(out, "clone", "--quiet", "--bare", str(APPLICATION), str(remote))
    dry = run(tmp_path, *SET, *given(ASKED), "--remote", str(remote), *extra, "--dry-run")
    assert dry.out.splitlines()[0].endswith("): ci(podinfo): 6.7.1 for staging")
    assert run(tmp_path, *SET, *given(ASKED), "-s", "--remote", str(remote), *extra).code == 0
    assert git(remote, "log", "-1", FORM, "gitopsmith/podinfo/staging" if extra else "main") == MADE


@pytest.mark.parametrize(
    "verb",
    [
        ["cluster", "add", "edge", "--cloud", "civo"],
        ["env", "add", "qa", "--cluster", "prod-eu"],
        ["catalog", "add", "loki", "--cluster", "prod-eu"],
        ["app", "remove", "podinfo"],
    ],
)
def test_they_reach_every_repository_and_the_pristine_branch(out: Path, git: Git, run: Run, verb: list[str]) -> None:
    repositories = [out / "acme/acme-gitops", out / APPLICATION]
    before = [git(repository, "for-each-ref") for repository in repositories]
    done = run(out, *verb, "--author", ASKED["--author"], "--message-template", "ci: {{ subject }}")
    assert done.code == 0, done.err
    changed = [one for one, refs in zip(repositories, before, strict=True) if git(one, "for-each-ref") != refs]
    assert changed
    for repository in changed:
        for branch in ("main", "gitopsmith/pristine"):
            assert git(repository, "log", "-1", "--format=%an %s", branch).startswith("Ada ci: ")


def test_they_reach_the_first_commits_and_need_no_identity_of_git(
    tmp_path: Path, git: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    asked = {**ASKED, "--message-template": "ci: {{ subject }}"}
    done = run(tmp_path, "init", "acme", "--defaults", "--output", "out", *given(asked), "-s")
    assert done.code == 0, done.err
    for branch in ("main", "gitopsmith/pristine"):
        for repository in (tmp_path / "out/acme").iterdir():
            made = git(repository, "log", "-1", FORM, branch).split("|")
            assert made[:2] + made[3:] == MADE.split("|")[:2] + MADE.split("|")[3:]
            assert made[2].startswith("ci: Create the ")


def test_the_environment_tells_them_and_the_command_line_wins(
    out: Path, git: Git, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "message.j2"
    file.write_text(ASKED["--message-template"])
    for option, value in {**ASKED, "--sign-off": "true", "--message-template": str(file)}.items():
        monkeypatch.setenv(f"GITOPSMITH_{option.strip('-').replace('-', '_').upper()}", value)
    assert run(out, *SET).code == 0
    assert git(out / APPLICATION, "log", "-1", FORM) == MADE
    assert (
        run(out, "set-version", "podinfo", "6.7.2", "--env", "staging", "--author", "Eve <eve@example.com>").code == 0
    )
    assert git(out / APPLICATION, "log", "-1", "--format=%an|%cn") == "Eve|bot"


def test_one_verb_leaves_nothing_to_the_next(out: Path, git: Git, run: Run) -> None:
    run(out, *SET, *given(ASKED))
    run(out, "set-version", "podinfo", "6.7.2", "--env", "staging")
    assert git(out / APPLICATION, "log", "-1", "--format=%an %s") == "Test podinfo 6.7.1 → 6.7.2 in staging"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--author", "Ada", "`Ada` is nobody who can make commits"),
        ("--committer", "<a@b>", "nobody who can make commits"),
        ("--message-template", "{{ subjct }}", "there is no `subjct`"),
        ("--message-template", "missing.j2", "missing.j2 cannot be read"),
        ("--message-template", "{{ 1 / 0 }}", "fails on `podinfo 6.7.0 → 6.7.1 in staging`"),
    ],
)
def test_a_mistake_is_the_users_and_changes_nothing(
    out: Path, run: Run, state: State, option: str, value: str, said: str
) -> None:
    before = state(out)
    done = run(out, *SET, option, value)
    assert (done.code, said in done.err) == (1, True), done.err
    assert state(out) == before
