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
from tests.github_double.fixtures import github
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
    assert dry.err.splitlines()[:3] == [
        "Would create the private repository acme/acme-gitops",
        f"Would commit to {here / SLUGS[0]}: Write through pull requests: the deployed branches are protected",
        "Would push main and gitopsmith/pristine to acme/acme-gitops",
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


def test_doctor_ends_with_1_while_something_is_missing(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run(here, "doctor", "--format", "json")
    assert ran.code == 1
    missing = {row["check"]: row["hint"] for row in json.loads(ran.out) if row["state"] == "missing"}
    assert list(missing) == [*(f"repository {slug}" for slug in SLUGS), "webhook secret"]
    assert all(missing.values())
    run(here, "connect", "acme")
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRET", "0123456789abcdef" * 4)
    ran = run(here, "doctor")
    assert ran.code == 0
    assert "webhook secret" in ran.out
    assert "missing" not in ran.out


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


def test_disconnect_says_which_webhooks_stay(here: Path, run: Run) -> None:
    (here / ".gitopsmith").mkdir()
    with closing(HookNotes(here / ".gitopsmith" / "hooks.db")) as notes:
        notes.put("acme/podinfo", HookNote(7))
        notes.put(APP, HookNote(secret="a fingerprint"))
    run(here, "connect", "acme")
    asked = run(here, "disconnect", "acme")
    assert (
        "Stays: the webhook of acme/podinfo; --public-url, as it was given to `serve`, would remove that." in asked.err
    )
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


def test_an_app_is_created_and_what_to_set_is_printed(
    github: GitHubDouble, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import generator.workspace.app_creation as module  # noqa: PLC0415 - what is replaced

    create_app = module.create_app

    def with_a_browser(*arguments: Any, show: Any, **options: Any) -> Any:
        def shown(address: str) -> None:
            show(address)
            browser(github)(address)

        return create_app(*arguments, show=shown, **options)

    monkeypatch.setattr(module, "create_app", with_a_browser)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    ran = run(tmp_path, "connect", "acme", "--create-app")
    assert ran.code == 0, ran.err
    (key,) = (tmp_path / "config" / "gitopsmith").iterdir()
    (app,) = github.state.apps.values()
    assert ran.out.splitlines() == [
        f"export GITOPSMITH_APP_ID={app.id}",
        f"export GITOPSMITH_APP_PRIVATE_KEY_FILE={key}",
        f"export GITOPSMITH_GITHUB_URL={github.url}",
    ]
    assert f"Install it for the accounts that gitopsmith shall work in: {github.web}/apps/gitopsmith-acme" in ran.err
    assert "PRIVATE KEY" not in ran.out + ran.err
