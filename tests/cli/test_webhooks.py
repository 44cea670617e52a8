"""`gitopsmith webhooks`: what is there, a new secret, and what no app needs any more."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.sync.hooks.hook_notes import APP, HookNote, HookNotes
from generator.sync.web.webhook_secrets import read_secrets
from tests.cli.conftest import Ran, Run
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.fixtures import github
from tests.github_double.model import Repository
from tests.workspace.on_github import writes

__all__ = ["github"]

SLUG = "acme/podinfo"
ADDRESS = "http://127.0.0.1:9"


@dataclass
class Operator:
    """Somebody at work on webhooks, who is given what `serve` is."""

    github: GitHubDouble
    source: Repository
    folder: Path
    git: Any
    run: Run

    def __call__(self, *arguments: str) -> Ran:
        return self.run(self.folder, "webhooks", *arguments)

    @property
    def secrets(self) -> list[str]:
        """The secrets of the repository, the newest first."""
        file = self.folder.parent / "secrets.yaml"
        return [secret.decode() for secret in read_secrets(file).get(SLUG, ())] if file.exists() else []

    def listed(self) -> dict[str, Any]:
        ran = self("list", "--format", "json")
        assert ran.code == 0, ran.err
        found: dict[str, Any] = json.loads(ran.out)
        return found

    def note(self, **notes: HookNote) -> None:
        """Let it be known that webhooks are there."""
        (self.folder / ".gitopsmith").mkdir(exist_ok=True)
        with closing(HookNotes(self.folder / ".gitopsmith" / "hooks.db")) as kept:
            for name, note in notes.items():
                kept.put(f"acme/{name}" if name != "the_app" else APP, note)

    def write(self, path: str, text: str | None) -> None:
        """Commit a file of the application repository, or its removal."""
        repository = self.folder / "acme-apps/acme-gitops"
        file = repository / path
        file.unlink() if text is None else file.write_text(text)
        self.git(repository, "add", "--all")
        self.git(repository, "commit", "--quiet", "--message", "By hand")


@pytest.fixture
def operator(
    github: GitHubDouble, out: Path, git: Any, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Operator:
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", github.token())
    monkeypatch.setenv("GITOPSMITH_PUBLIC_URL", ADDRESS)
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRETS", str(tmp_path / "secrets.yaml"))
    return Operator(github, github.repository(SLUG), out, git, run)


# rotate


def test_a_new_secret_is_set_and_the_old_one_counts_as_well(operator: Operator) -> None:
    first = operator("rotate", "ACME/podinfo")
    assert first.code == 0, first.err
    assert first.err.startswith("acme/podinfo: has a new secret; the old one counts until 20")
    before = operator.secrets[0]
    assert operator("rotate", "--all").code == 0
    assert operator.secrets[1] == before
    assert operator.source.hooks[0].config["secret"] == operator.secrets[0] != before
    assert operator.secrets[0] not in first.out + first.err


def test_a_dry_run_says_whose_and_changes_nothing(operator: Operator) -> None:
    ran = operator("rotate", "--all", "--dry-run")
    assert (ran.code, ran.err) == (0, "Would replace the secret of acme/podinfo.\n")
    assert (writes(operator.github), operator.secrets) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "No repository is named.\nName repositories as OWNER/NAME, or give --all."),
        (["--all", SLUG], "Repositories are named, and --all is given."),
        (["acme/podinf"], "No app follows acme/podinf.\nFollowed: acme/podinfo."),
        (["../etc", SLUG], "No app follows ../etc.\nFollowed: acme/podinfo."),
        (["--all", "--public-url", "nowhere"], "`nowhere` is no address that GitHub could deliver to."),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    operator: Operator, arguments: list[str], told: str
) -> None:
    ran = operator("rotate", *arguments)
    assert ran.code == 1
    assert told in ran.err
    assert (operator.github.calls(), operator.secrets) == ([], [])


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("GITOPSMITH_PUBLIC_URL", "Name the address that `serve` has, with --public-url."),
        ("GITOPSMITH_WEBHOOK_SECRETS", "Name the file that `serve` is given with --webhook-secrets."),
        ("GITHUB_AUTH_TOKEN", "There are no credentials for GitHub."),
    ],
)
def test_what_is_missing_is_named(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, variable: str, told: str
) -> None:
    monkeypatch.delenv(variable)
    ran = operator("rotate", "--all")
    assert ran.code == 1
    assert told in ran.err


def test_secrets_that_kubernetes_mounts_are_left_alone(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "..data").symlink_to(tmp_path)
    ran = operator("rotate", "--all")
    assert ran.code == 1
    assert "cannot be written here" in ran.err
    assert operator.github.calls() == []


def test_the_secret_of_an_app_is_replaced_where_it_stands(operator: Operator) -> None:
    operator.note(the_app=HookNote(secret="a fingerprint"))
    ran = operator("rotate", "--all")
    assert ran.code == 1
    assert "GITOPSMITH_WEBHOOK_SECRET_PREVIOUS" in ran.err
    assert operator.source.hooks == []


def test_what_fails_is_named_and_the_same_command_ends_it(operator: Operator) -> None:
    operator("rotate", "--all")
    (before,) = operator.secrets
    operator.github.fault(Answer(403, "Resource not accessible"), "PATCH")
    ran = operator("rotate", "--all")
    assert ran.code == 1
    assert "1 secret could not be replaced: run it again." in ran.err
    assert "acme/podinfo: GitHub, asked for" in ran.err
    begun = operator.secrets
    assert begun[1] == before
    assert "had been begun before, and is complete" in operator("rotate", "--all").err
    assert (operator.secrets, operator.source.hooks[0].config["secret"]) == (begun, begun[0])


# list


def test_webhooks_are_listed_with_their_secrets_and_last_deliveries(operator: Operator) -> None:
    (row,) = operator.listed()["webhooks"]
    assert (row["webhook"], row["secret"]) == ("missing", {"own": False, "valid": 0, "set_at": None})
    operator("rotate", "--all"), operator("rotate", "--all")
    operator.github.courier.settle()
    (row,) = operator.listed()["webhooks"]
    assert (row["webhook"], row["last_delivery"]["status"], row["last_delivery"]["event"]) == ("active", 502, "ping")
    assert row["secret"] | {"set_at": ""} == {"own": True, "valid": 2, "set_at": ""}
    ran = operator("list")
    assert "own, two count, set 20" in " ".join(ran.out.split())
    assert not any(secret in ran.out + ran.err for secret in operator.secrets)


def test_one_that_no_app_needs_is_listed_and_what_cannot_be_seen_is_told(operator: Operator) -> None:
    operator.note(old=HookNote(8))
    operator.github.fault(Answer(403, "Forbidden"), "hooks", times=None)
    rows = {row["repository"]: row["webhook"] for row in operator.listed()["webhooks"]}
    assert rows == {"acme/podinfo": "unknown", "acme/old": "unfollowed"}
    assert "acme/podinfo, webhook: GitHub, asked for" in operator("list").err


# prune


def test_a_webhook_that_no_app_needs_is_removed_once_that_is_asked_for(operator: Operator) -> None:
    operator("rotate", "--all")
    assert operator("prune").err == "Nothing to remove.\n"
    operator.write("apps/podinfo.yaml", None)
    assert operator("prune", "--dry-run").err == "Would remove the webhook of acme/podinfo.\n"
    assert operator.source.hooks
    assert operator("prune").err == "acme/podinfo: webhook removed.\n"
    assert (operator.source.hooks, operator.secrets) == ([], [])


def test_none_is_removed_while_a_document_cannot_be_read(operator: Operator) -> None:
    operator("rotate", "--all")
    operator.write("apps/podinfo.yaml", "kind: [")
    ran = operator("prune", "--allow-many")
    assert ran.code == 1
    assert "None was removed" in ran.err
    assert "Mend the documents first." in ran.err
    assert operator.source.hooks


def test_many_are_removed_only_where_that_is_meant(operator: Operator) -> None:
    operator.note(**{f"old-{number}": HookNote(number) for number in range(1, 8)})
    ran = operator("prune")
    assert ran.code == 1
    assert "7 of 7 webhooks would go at once. None was removed:" in ran.err
    assert "--allow-many" in ran.err
    assert operator("prune", "--allow-many").code == 0
    assert [row["repository"] for row in operator.listed()["webhooks"]] == [SLUG]


def test_what_cannot_be_removed_is_named(operator: Operator) -> None:
    operator("rotate", "--all")
    operator.write("apps/podinfo.yaml", None)
    operator.github.fault(Answer(403, "Forbidden"), "DELETE")
    ran = operator("prune")
    assert ran.code == 1
    assert "1 webhook could not be removed." in ran.err
    assert operator.source.hooks
