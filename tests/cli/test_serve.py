"""`gitopsmith serve`: what is wrong with its options is said before anything is served."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from generator.cli import sync_parts
from generator.sync.gitops import OnRemotes
from generator.sync.outward import Outward
from generator.sync.service import new_metrics
from tests.cli.conftest import Run
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github

__all__ = ["github"]

ADDRESS = ["--public-url", "https://sync.example"]


@pytest.fixture
def app(github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment have the credentials of a GitHub App."""
    made = github.app()
    key = tmp_path / "key.pem"
    key.write_text(made.private_key)
    monkeypatch.setenv("GITOPSMITH_APP_ID", str(made.id))
    monkeypatch.setenv("GITOPSMITH_APP_PRIVATE_KEY_FILE", str(key))


def refused(run: Run, here: Path, *arguments: str) -> str:
    ran = run(here, "serve", "--app-webhook", "--port", "0", *arguments)
    assert ran.code == 1
    return ran.err


@pytest.mark.parametrize("token", ["", "ghp_0123456789"])
def test_the_webhook_of_an_app_needs_an_app(out: Path, run: Run, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRET", "0123456789abcdef")
    monkeypatch.setenv("GITOPSMITH_TOKEN", token)
    said = refused(run, out, *ADDRESS)
    assert "--app-webhook needs the credentials of a GitHub App." in said
    assert "GITOPSMITH_APP_ID" in said


@pytest.mark.usefixtures("app")
def test_the_webhook_of_an_app_needs_an_address_and_a_secret(
    out: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = ["--webhook-secrets", str(tmp_path / "secrets.yaml")]
    assert "There is no secret for the webhook of the GitHub App." in refused(run, out, *ADDRESS, *file)
    monkeypatch.setenv("GITOPSMITH_WEBHOOK_SECRET", "0123456789abcdef")
    assert "Name it with --public-url." in refused(run, out)


@pytest.mark.parametrize("push", [True, False])
def test_a_token_goes_to_no_host_that_only_a_file_names(
    out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, push: bool
) -> None:
    monkeypatch.setenv("GITOPSMITH_TOKEN", "ghp_0123456789")
    platform = None if push else "https://git.acme.example/acme/acme-gitops"
    url = "https://api.github.com"
    with cast(Outward, sync_parts.outward(url, new_metrics(), tmp_path)) as outward:
        for known in (outward, None):
            found = sync_parts.gitops(out if push else None, platform, "main", tmp_path, known, url, push=push)
            token = cast(OnRemotes, found).token
            assert token("https://github.com/acme-apps/acme-gitops.git") == "ghp_0123456789"
            assert (token("https://git.acme.example/acme-apps/acme-gitops") is None) == push
            assert token("http://127.0.0.3:8080/acme-apps/acme-gitops") is None


@pytest.mark.usefixtures("app")
def test_nor_does_what_an_app_gives(github: GitHubDouble, tmp_path: Path) -> None:
    (made,) = github.state.apps.values()
    github.install(made, "acme-apps")
    platform = f"{github.web}/acme-apps/acme-gitops.git"
    with cast(Outward, sync_parts.outward(github.url, new_metrics(), tmp_path)) as outward:
        found = sync_parts.gitops(None, platform, "main", tmp_path, outward, github.url, push=False)
        token = cast(OnRemotes, found).token
        assert token(platform) in github.identities.tokens
        assert token("http://127.0.0.3:8080/acme-apps/acme-gitops") is None
