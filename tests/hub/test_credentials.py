"""What shows GitHub who we are, from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.hub.credentials import App, Token, TokenFile, credentials_in

SECRET = "ghp_verysecret"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


def test_an_environment_without_credentials_has_none() -> None:
    assert credentials_in({"PATH": "/bin", "GITOPSMITH_TOKEN": "", "GITOPSMITH_APP_ID": ""}) is None


def test_the_more_special_goes_before_the_more_general(file: Path) -> None:
    environment = {"GITHUB_AUTH_TOKEN_FILE": str(file)}
    assert credentials_in(environment) == TokenFile(file)
    environment["GITHUB_AUTH_TOKEN"] = "general"
    assert credentials_in(environment) == Token("general")
    environment["GITOPSMITH_TOKEN"] = " ours\n"
    assert credentials_in(environment) == Token("ours")
    environment |= {"GITOPSMITH_APP_ID": "7", "GITOPSMITH_APP_PRIVATE_KEY_FILE": str(file)}
    assert credentials_in(environment) == App("7", f"{SECRET}\n", str(file))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("GITOPSMITH_APP_ID", "GITOPSMITH_APP_PRIVATE_KEY_FILE"),
        ("GITOPSMITH_APP_PRIVATE_KEY_FILE", "GITOPSMITH_APP_ID"),
    ],
)
def test_half_an_app_is_told(given: str, missing: str, file: Path) -> None:
    with pytest.raises(UserError, match=f"{missing} is not set"):
        credentials_in({given: str(file), "GITOPSMITH_TOKEN": "ours"})


def test_a_file_is_read_each_time(file: Path) -> None:
    found = TokenFile(file)
    assert found.read() == SECRET
    file.write_text("ghp_next")
    assert found.read() == "ghp_next"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"two\nlines", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_holds_no_token_is_told_but_not_shown(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        credentials_in({"GITHUB_AUTH_TOKEN_FILE": str(file)})
    assert caught.value.message.startswith(f"{file}: this is ")
    assert "words" not in str(caught.value)


@pytest.mark.parametrize("variable", ["GITHUB_AUTH_TOKEN_FILE", "GITOPSMITH_APP_PRIVATE_KEY_FILE"])
def test_a_file_that_is_missing_is_told(variable: str, tmp_path: Path) -> None:
    app = {"GITOPSMITH_APP_ID": "7"} if "APP" in variable else {}
    with pytest.raises(UserError, match=f"none: No such file or directory\\.\n{variable} names it: set that to "):
        credentials_in({variable: str(tmp_path / "none"), **app})


def test_a_wrong_token_in_a_variable_is_not_shown() -> None:
    with pytest.raises(UserError) as caught:
        credentials_in({"GITOPSMITH_TOKEN": f"{SECRET} and more"})
    assert caught.value.message == "GITOPSMITH_TOKEN: this is no token."


def test_no_secret_is_shown_by_accident(file: Path) -> None:
    for found in (Token(SECRET), App("7", SECRET)):
        assert SECRET not in repr(found)
