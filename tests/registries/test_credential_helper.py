"""Credential helpers are asked as Docker asks them, and none can hold us up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.registries.credential_helper import ask_helper

SECRET = "s3cret-of-nobody"


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Install a helper with a shell script's body, and return its name."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def install(body: str) -> str:
        program = tmp_path / "docker-credential-of-test"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        return "of-test"

    return install


def test_is_given_the_server_and_gives_user_and_secret(helper: Callable[[str], str]) -> None:
    name = helper('read -r server || :; printf \'{"Username":"%s","Secret":"%s"}\' "$1" "$server"')
    assert ask_helper(name, "ghcr.io") == ("get", "ghcr.io")


@pytest.mark.parametrize(
    "body", ["echo credentials not found in native keychain; exit 1", """echo '{"Username":"","Secret":""}'"""]
)
def test_may_keep_nothing(helper: Callable[[str], str], body: str) -> None:
    assert ask_helper(helper(body), "ghcr.io") is None


@pytest.mark.parametrize(
    "body",
    [
        f"echo {SECRET}; exit 1",
        f"echo {SECRET}",
        f"""echo '{{"Secret":"{SECRET}"}}'""",
        f"""echo '["{SECRET}"]'""",
        f"echo {SECRET} >&2; kill -9 $$",
    ],
)
def test_that_fails_is_named_and_not_quoted(
    helper: Callable[[str], str], body: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match=r"docker-credential-of-test gives no credentials for ghcr\.io") as error:
        ask_helper(helper(body), "ghcr.io")
    assert SECRET not in str(error.value) + repr(error.value.__cause__)
    assert SECRET not in "".join(capfd.readouterr())


def test_that_is_not_installed_is_named() -> None:
    with pytest.raises(UserError, match="docker-credential-of-nobody cannot be run: No such file"):
        ask_helper("of-nobody", "ghcr.io")


@pytest.mark.parametrize("name", ["", "../sh", "a/b", "-x", "a b", "a\n", "x" * 65, "\x1b[2J"])
def test_must_have_a_name_of_a_program(name: str) -> None:
    with pytest.raises(UserError, match="is no name of a credential helper") as error:
        ask_helper(name, "ghcr.io")
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize("body", ["sleep 60", "sleep 60 & echo $! > {child}; exit 0", "while :; do :; done"])
def test_that_does_not_end_is_ended_with_its_children(helper: Callable[[str], str], body: str, tmp_path: Path) -> None:
    child = tmp_path / "child"
    begin = time.monotonic()
    with pytest.raises(TemporaryError, match=r"no answer within 0\.5 s"):
        ask_helper(helper(body.format(child=child)), "ghcr.io", seconds=0.5)
    assert time.monotonic() - begin < 10
    if "echo" in body:
        assert _ends(int(child.read_text()))


def _ends(process: int) -> bool:
    """Return whether a process is gone, or dead and only waits for its parent, soon."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
