"""What lets git into a repository: nobody gets a token but the GitHub that is configured and who a person named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.hub.connection import Connection
from generator.hub.credentials import TOKENS, credentials_in
from generator.workspace.access import TOKEN_VARIABLES, Access, access_in_environment, token_from_environment
from generator.workspace.remotes import Remote
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github

__all__ = ["github"]

API = "https://api.github.com"
OURS = "https://github.com/acme/acme-gitops.git"
ELSEWHERE = "https://git.acme.example/acme/acme-gitops.git"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any credentials."""
    others = "GITHUB_AUTH_TOKEN_FILE", "GITOPSMITH_APP_ID", "GITOPSMITH_APP_PRIVATE_KEY_FILE", "GITOPSMITH_GITHUB_URL"
    for name in (*TOKEN_VARIABLES, *others):
        monkeypatch.delenv(name, raising=False)


def test_the_token_is_read_from_the_environment_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_from_environment() is None
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", "ghs_old")
    monkeypatch.setenv("GITOPSMITH_TOKEN", "ghs_s3cret")
    assert token_from_environment() == "ghs_s3cret"
    assert "s3cret" not in repr(Remote("https://github.com/acme/x.git", "main", token=token_from_environment()))


@pytest.mark.parametrize("variable", TOKEN_VARIABLES)
def test_a_token_of_the_environment_goes_to_the_github_that_is_configured(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "s3cret")
    assert Access(API).token(OURS) == "s3cret"
    assert Access("https://git.acme.example/api/v3").token(ELSEWHERE) == "s3cret"


@pytest.mark.parametrize("variable", TOKEN_VARIABLES)
@pytest.mark.parametrize(
    "url",
    [
        ELSEWHERE,
        "http://127.0.0.3:8080/acme/acme-gitops",
        "https://github.com.evil.example/acme/acme-gitops",
        "https://github.com:8443/acme/acme-gitops",
        "https://evil.example/github.com/acme-gitops",
    ],
)
def test_it_goes_to_nobody_else(variable: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "s3cret")
    assert Access(API).token(url) is None
    with Connection(credentials_in({TOKENS[0]: "s3cret"}), API) as connection:  # type: ignore[arg-type]
        assert Access(API, connection=connection).token(url) is None


def test_it_goes_to_hosts_that_a_person_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TOKEN", "s3cret")
    access = Access(API, ("https://GIT.acme.example/platform/x", None, "git@ssh.example:acme/x", "/srv/x.git"))
    assert access.token(ELSEWHERE) == "s3cret"
    assert access.token("https://git.acme.example/groups/nested/deep") == "s3cret"
    assert access.token("https://git.acme.example:8443/acme/acme-gitops") is None
    assert access.token("https://ssh.example/acme/x") is None


@pytest.mark.parametrize("url", ["git@github.com:acme/acme-gitops.git", "ssh://git@github.com/acme/x", "/srv/x.git"])
def test_git_finds_its_own_way_where_no_token_is_of_use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPSMITH_APP_ID", "1")  # half of an App, which would be refused if it were looked at
    assert access_in_environment("https://github.com").token(url) is None


@pytest.mark.parametrize("url", ["https://me:s3cret@github.com/acme/x", "http://[::1/acme/x"])
def test_what_is_no_address_is_the_users_mistake(url: str) -> None:
    with pytest.raises(UserError) as refused:
        Access(API).token(url)
    assert "s3cret" not in str(refused.value)


def test_without_credentials_there_is_none() -> None:
    assert access_in_environment().token(OURS) is None


@pytest.fixture
def app(github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a repository, and the credentials of an App that is installed for its owner."""
    github.organization("acme")
    made = github.app()
    github.install(made, "acme")
    (tmp_path / "app.pem").write_text(made.private_key)
    monkeypatch.setenv("GITOPSMITH_APP_ID", str(made.id))
    monkeypatch.setenv("GITOPSMITH_APP_PRIVATE_KEY_FILE", str(tmp_path / "app.pem"))
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    return f"{github.web}/acme/acme-gitops.git"


def test_an_app_gives_one_for_the_account_of_the_repository(app: str, github: GitHubDouble) -> None:
    token = access_in_environment().token(app)
    assert token in github.identities.tokens
    assert access_in_environment(github.url).token(app) in github.identities.tokens


def test_an_app_goes_before_a_token(app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPSMITH_TOKEN", "s3cret")
    assert access_in_environment().token(app) != "s3cret"


def test_what_an_app_gives_goes_to_its_github_alone(app: str, github: GitHubDouble) -> None:
    assert app
    assert access_in_environment(None, (ELSEWHERE,)).token(ELSEWHERE) is None
    assert not github.api.seen


def test_the_connection_of_a_server_is_used_where_there_is_one(app: str, github: GitHubDouble) -> None:
    credentials = credentials_in(os.environ)
    assert credentials
    with Connection(credentials, github.url) as connection:
        access = Access(github.url, connection=connection)
        assert access.token(app) == access.token(app) == connection.token("acme")
        assert access.token(ELSEWHERE) is None


def test_a_file_holds_one(github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    monkeypatch.setenv("GITHUB_AUTH_TOKEN_FILE", str(file))
    access = access_in_environment(github.url)
    assert access.token(f"{github.web}/acme/acme-gitops.git") == "s3cret"
    assert access.token(ELSEWHERE) is None
