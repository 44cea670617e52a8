"""The verbs of the connection to GitHub: what they print and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.models import CommandInfo

from generator.cli import connect, disconnect, doctor
from generator.cli.main import cli
from generator.sync.hooks.hook_notes import APP, HookNote, HookNotes
from tests.cli.conftest import Run
from tests.github_double.browser import browser
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.fixtures import github
from tests.github_double.model import Hook
from tests.workspace.on_github import SLUGS, branches, moved_to, writes

__all__ = ["github"]


@pytest.fixture(autouse=True)
def verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line have the verbs, whether or not it lists them."""
    wanted: dict[str, Callable[..., Any]] = {
        "connect": connect.connect,
        "doctor": doctor.doctor,
        "disconnect": disconnect.disconnect,
    }
    known = {command.name for command in cli.registered_commands}
    more = [CommandInfo(name=name, callback=verb) for name, verb in wanted.items() if name not in known]
    monkeypatch.setattr(cli, "registered_commands", [*cli.registered_commands, *more])


@pytest.fixture
def here(github: GitHubDouble, out: Path, git: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace, with a GitHub and a token for it in the environment."""
    github.organization("acme"), github.organization("acme-apps")
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", github.token())
    return moved_to(out, git, github.web)


def test_connect_says_what_it_would_do_then_does_it_then_has_nothing_to_do(
    github: GitHubDouble, here: Path, run: Run, git: Callable[..., str]
) -> None:
    dry = run(here, "connect", "acme", "--app-org", "acme-apps", "--protect", "--dry-run")
    assert dry.code == 0
    assert dry.err.splitlines()[:6] == [
        "Would create the private repository acme/acme-gitops",
        "Would push main and gitopsmith/pristine to acme/acme-gitops",
        "Would set the topics of acme/acme-gitops: gitops, gitopsmith",
        f"Would let origin of {here / SLUGS[0]} be {github.web}/acme/acme-gitops.git",
        f"Would commit to {here / SLUGS[0]}, and push to acme/acme-gitops: "
        "Write through pull requests: the deployed branches are protected",
        "Would protect main of acme/acme-gitops",
    ]
    assert "Would protect main of acme-apps/acme-gitops" in dry.err
    assert writes(github) == []
    done = run(here, "connect", "ACME", "--protect", "--author", "Eve <eve@example.com>")
    assert done.code == 0, done.err
    assert "acme/acme-gitops: created, private." in done.err
    assert "mode: pull-request" not in done.err
    assert "main" in branches(github, SLUGS[1])
    assert git(here / SLUGS[0], "log", "-1", "--format=%an", "main").strip() == "Eve"
    assert run(here.parent, "connect", "acme", "--workspace", str(here)).err == "Nothing to change.\n"


ADD = ["app", "add", "shop", "--repo", "acme/shop", "--image", "ghcr.io/acme/shop", "--env", "staging", "--version"]


def test_a_commit_that_github_has_not_got_is_told_with_what_brings_it_there(
    github: GitHubDouble, here: Path, run: Run, git: Callable[..., str]
) -> None:
    git(here / SLUGS[1], "remote", "add", "origin", f"{github.web}/{SLUGS[1]}")
    assert "Not on GitHub yet" not in run(here, *ADD, "1.0.0").err, "there is no word of GitHub before `connect`"
    run(here, "connect", "acme")
    assert "Not on GitHub yet" not in run(here, *ADD, "1.1.0", "--dry-run").err
    assert run(here, *ADD, "1.1.0").err.splitlines()[-1] == "Not on GitHub yet: `gitopsmith connect acme` pushes it."
    assert "Not on GitHub yet" not in run(here, *ADD, "1.1.0").err
    assert "Not on GitHub yet" not in run(here, "--quiet", *ADD, "1.2.0").err
    away = run(here.parent, *ADD, "1.3.0", "--workspace", str(here)).err
    assert f"`gitopsmith connect acme --workspace {here}` pushes it." in away
    assert run(here, "connect", "acme").err == f"{SLUGS[1]}: pushed main and gitopsmith/pristine.\n"


def test_of_a_protected_branch_the_way_by_a_pull_request_is_told(
    github: GitHubDouble, here: Path, run: Run, git: Callable[..., str]
) -> None:
    run(here, "connect", "acme", "--protect")
    told = run(here, *ADD, "1.0.0").err.splitlines()[-1]
    assert told.startswith("Not on GitHub yet, where main changes by pull requests alone")
    assert f"`git -C {here / SLUGS[1]} push origin main:NAME`" in told


def test_of_another_origin_nothing_is_told(here: Path, run: Run, git: Callable[..., str]) -> None:
    run(here, "connect", "acme")
    git(here / SLUGS[1], "remote", "set-url", "origin", "https://git.acme.example/mirrors/gitops.git")
    assert "Not on GitHub yet" not in run(here, *ADD, "1.0.0").err


def test_connect_refuses_another_organization_than_the_workspaces(here: Path, run: Run) -> None:
    ran = run(here, "connect", "other", "--app-org", "other-apps")
    assert ran.code == 1
    assert "is the workspace of acme, and ORG is other" in ran.err
    assert "gitopsmith init other --app-org other-apps" in ran.err
    assert "--app-org is wrong" in run(here, "connect", "acme", "--app-org", "wrong").err


def test_connect_needs_credentials(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_AUTH_TOKEN")
    ran = run(here, "connect", "acme")
    assert ran.code == 1
    assert "no credentials for GitHub" in ran.err


def test_doctor_ends_with_1_while_something_is_missing(
    github: GitHubDouble, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(here, "doctor", "--format", "json")
    assert ran.code == 1
    missing = {row["check"]: row["hint"] for row in json.loads(ran.out) if row["state"] == "missing"}
    assert list(missing) == [*(f"repository {slug}" for slug in SLUGS), "app's repository acme/podinfo"]
    assert all(missing.values())
    run(here, "connect", "acme")
    github.repository("acme/podinfo")
    ran = run(here, "doctor", "--format", "json")
    assert ran.code == 0, ran.out
    (note,) = [row for row in json.loads(ran.out) if row["state"] != "ok"]
    assert (note["check"], note["state"]) == ("webhook secret", "note")
    assert "serve" in note["found"]
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRET", "short")
    assert run(here, "doctor").code == 1
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRET", "0123456789abcdef" * 4)
    ran = run(here, "doctor", "--webhook-secrets", "none.yaml")
    assert ran.code == 1
    ran = run(here, "doctor")
    assert ran.code == 0
    assert "webhook secret" in ran.out
    assert "missing" not in ran.out
    assert "note" not in ran.out


def test_disconnect_says_what_goes_and_what_stays_and_asks(
    github: GitHubDouble, here: Path, run: Run, git: Any
) -> None:
    assert run(here, "disconnect", "acme").err == "Nothing is connected.\n"
    run(here, "connect", "acme")
    git(here / SLUGS[1], "remote", "set-url", "origin", f"https://me:hidden@github.example/{SLUGS[1]}.git")
    asked = run(here, "disconnect", "acme")
    assert asked.code == 1
    assert (
        f"Will be removed: the remote origin of acme/acme-gitops, which is {github.web}/acme/acme-gitops" in asked.err
    )
    assert "Stays: the repository acme-apps/acme-gitops on GitHub" in asked.err
    assert "hidden" not in asked.err
    assert "--yes" in asked.err
    assert git(here / SLUGS[0], "remote") == "origin"
    assert run(here, "disconnect", "acme", "--yes").code == 0
    assert git(here / SLUGS[0], "remote") == ""
    assert run(here, "disconnect", "acme", "--yes").err == "Nothing is connected.\n"
    assert "main" in branches(github, SLUGS[0])


def test_disconnect_removes_the_webhooks_whose_numbers_are_noted(github: GitHubDouble, here: Path, run: Run) -> None:
    source = github.repository("acme/podinfo")
    for number, url in (
        (7, "https://sync.example/payload/acme/podinfo"),
        (8, "https://ci.example/payload/acme/podinfo"),
    ):
        now = github.state.now()
        source.hooks.append(Hook(number, source, {"url": url, "content_type": "json"}, ("release",), True, now, now))
    (here / ".gitopsmith").mkdir()
    with closing(HookNotes(here / ".gitopsmith" / "hooks.db")) as notes:
        notes.put("acme/podinfo", HookNote(7))
        notes.put("acme/unknown", HookNote(0))
        asked = run(here, "disconnect", "acme")
        assert "Will be removed: the webhook of acme/podinfo." in asked.err
        assert "Stays: the webhook of acme/unknown; --public-url, as it was given to `serve`, would rem" in asked.err
        assert len(source.hooks) == 2
        done = run(here, "disconnect", "acme", "--yes")
        assert done.code == 0, done.err
        assert "acme/podinfo: 1 webhook removed." in done.err
        assert [hook.id for hook in source.hooks] == [8]
        assert notes.repositories() == ["acme/unknown"]
    assert run(here, "disconnect", "acme", "--yes").err == "Nothing is connected.\n"


def test_disconnect_says_how_webhooks_can_stay_where_they_cannot_be_removed(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    github.repository("acme/podinfo")
    (here / ".gitopsmith").mkdir()
    with closing(HookNotes(here / ".gitopsmith" / "hooks.db")) as notes:
        notes.put("acme/podinfo", HookNote(7))
    github.fault(Answer(403, "Resource not accessible by integration"), "GET /repos/acme/podinfo/hooks")
    refused = run(here, "disconnect", "acme", "--yes")
    assert refused.code == 1
    assert "Resource not accessible by integration" in refused.err
    assert "Without credentials in the environment all else is disconnected" in refused.err


def test_disconnect_says_which_webhooks_stay(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".gitopsmith").mkdir()
    with closing(HookNotes(here / ".gitopsmith" / "hooks.db")) as notes:
        notes.put("acme/podinfo", HookNote(7))
        notes.put(APP, HookNote(secret="a fingerprint"))
    run(here, "connect", "acme")
    monkeypatch.delenv("GITHUB_AUTH_TOKEN")
    asked = run(here, "disconnect", "acme")
    assert "Stays: the webhook of acme/podinfo; credentials for GitHub would remove that." in asked.err
    assert "Stays: the GitHub App's webhook, which delivers until it is made inactive on the App's page." in asked.err
    assert run(here, "disconnect", "acme", "--yes").code == 0
    told = run(here, "disconnect", "acme", "--yes")
    assert told.err == "Nothing is connected.\n"


def test_disconnect_says_where_the_webhook_of_an_app_goes_on_delivering(here: Path, run: Run) -> None:
    (here / ".gitopsmith").mkdir()
    with closing(HookNotes(here / ".gitopsmith" / "hooks.db")) as notes:
        notes.put(APP, HookNote(secret="a fingerprint"))
    address = ["--public-url", "https://sync.example/"]
    ran = run(here, "disconnect", "acme", "--yes", *address)
    assert "the GitHub App's webhook, which delivers to https://sync.example/webhook until" in ran.err
    assert run(here, "disconnect", "acme", "--yes", *address).err == "Nothing is connected.\n"


@pytest.fixture
def in_a_browser(github: GitHubDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let whatever is shown be opened in a browser; return the folder that keys come to."""
    import generator.workspace.app_creation as module  # noqa: PLC0415 - what is replaced

    create_app = module.create_app

    def with_a_browser(*arguments: Any, show: Any, **options: Any) -> Any:
        def shown(address: str) -> None:
            show(address)
            browser(github)(address)

        return create_app(*arguments, show=shown, **options)

    monkeypatch.setattr(module, "create_app", with_a_browser)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "gitopsmith"


def test_an_app_is_created_and_what_to_set_is_printed(
    github: GitHubDouble, here: Path, run: Run, tmp_path: Path, in_a_browser: Path
) -> None:
    ran = run(tmp_path, "connect", "acme", "--create-app")
    assert ran.code == 0, ran.err
    (key,) = in_a_browser.iterdir()
    (app,) = github.state.apps.values()
    assert ran.out.splitlines() == [
        f"export GITOPSMITH_APP_ID={app.id}",
        f"export GITOPSMITH_APP_PRIVATE_KEY_FILE={key}",
        f"export GITOPSMITH_GITHUB_URL={github.url}",
    ]
    assert f"acme alone can install it, and does so on {github.web}/apps/gitopsmith-acme" in ran.err
    assert "PRIVATE KEY" not in ran.out + ran.err
    with pytest.raises(AssertionError, match="private"):
        github.install(app, "acme-apps")


@pytest.mark.parametrize("options", [("--app-org", "acme-apps"), ("--any-account",)])
def test_an_app_that_others_need_as_well_can_be_installed_by_them(
    github: GitHubDouble, here: Path, run: Run, tmp_path: Path, in_a_browser: Path, options: tuple[str, ...]
) -> None:
    ran = run(tmp_path, "connect", "acme", *options, "--create-app")
    assert ran.code == 0, ran.err
    (app,) = github.state.apps.values()
    for owner in ("acme", "acme-apps"):
        github.install(app, owner)
    assert f"Install it for the accounts that gitopsmith shall work in: {github.web}/apps/gitopsmith-acme" in ran.err


def test_the_same_owner_twice_is_no_other_account(
    github: GitHubDouble, here: Path, run: Run, tmp_path: Path, in_a_browser: Path
) -> None:
    assert run(tmp_path, "connect", "acme", "--app-org", "ACME", "--create-app").code == 0
    assert [app.public for app in github.state.apps.values()] == [False]


@pytest.mark.parametrize(
    "options",
    [("--dry-run",), ("--protect",), ("--workspace", "."), ("--author", "Eve <eve@example.com>"), ("-n", "--protect")],
)
def test_options_that_the_creation_of_an_app_does_not_heed_are_refused(
    github: GitHubDouble, here: Path, run: Run, in_a_browser: Path, options: tuple[str, ...]
) -> None:
    ran = run(here, "connect", "acme", "--create-app", *options)
    assert ran.code == 1
    named = {"-n": "--dry-run"}.get(options[0], options[0])
    assert named in ran.err
    assert "would be dropped" in ran.err
    assert github.state.apps == {}


@pytest.mark.parametrize(
    "options",
    [
        ("--webhook-url", "https://a.example/webhook"),
        ("--app-name", "a"),
        ("--keys", "."),
        ("--timeout", "5"),
        ("--any-account",),
    ],
)
def test_options_of_an_app_are_refused_where_none_is_created(
    github: GitHubDouble, here: Path, run: Run, options: tuple[str, ...]
) -> None:
    ran = run(here, "connect", "acme", *options)
    assert ran.code == 1
    assert f"Without --create-app {options[0]} would be dropped" in ran.err
    assert writes(github) == []


def test_variables_are_no_options_that_would_be_dropped(
    github: GitHubDouble, here: Path, run: Run, in_a_browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITOPSMITH_AUTHOR", "Eve <eve@example.com>")
    assert run(here, "connect", "acme", "--create-app").code == 0
