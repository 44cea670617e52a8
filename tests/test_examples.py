"""The examples: every command of every README works, in its order, on a machine that has only gitopsmith and git."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github

__all__ = ["github"]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/README.md")))
def test_the_commands_of_an_example_work(example: str, tmp_path: Path, github: GitHubDouble) -> None:
    github.organization("acme"), github.organization("acme-apps")
    variables = {"GITHUB": github.web, "GITOPSMITH_GITHUB_URL": github.url, "GITOPSMITH_TOKEN": github.token()}
    done = run(example, tmp_path / "out", variables if example == "05-github" else {})
    assert done.returncode == 0, done.stderr
    commands = [line for line in done.stderr.splitlines() if line.startswith("$ ")]
    assert commands, "the README holds no commands"
    if example == "05-github":
        assert "No findings." in done.stdout, "all that is rendered names the GitHub that was told"


def test_the_first_example_makes_what_its_readme_promises(tmp_path: Path) -> None:
    done = run("01-bootstrap", tmp_path / "out")
    platform, application = (tmp_path / "out/out" / name for name in ("acme/acme-gitops", "acme-apps/acme-gitops"))
    assert {path.name for path in (platform / "registry/clusters").iterdir()} == {"README.md", "management", "prod-eu"}
    environments = application / "registry/environments"
    assert {path.name for path in environments.iterdir() if path.is_dir()} == {"development", "staging", "production"}
    assert {path.name for path in (application / "apps").glob("*.yaml")} == {"podinfo.yaml", "frontend.yaml"}
    assert "No findings." in done.stdout
    assert "+  replicas: 3" in done.stdout, "the dry run shows its diff"
    assert "replicas: 2" in (environments / "staging/prod-eu/podinfo/deployment.yaml").read_text(encoding="utf-8")


def test_the_fourth_example_turns_deliveries_into_commits(tmp_path: Path) -> None:
    done = run("04-serve", tmp_path / "out")
    apps = tmp_path / "out/out/acme-apps/acme-gitops"
    log = subprocess.run(["git", "-C", apps, "log", "--format=%s"], check=True, capture_output=True, text=True)
    assert log.stdout.splitlines()[:4] == [
        "Close preview podinfo-pr-7",
        "Update preview podinfo-pr-7 to 9b8c7d6",
        "Open preview podinfo-pr-7 at 3f2c1a9",
        "podinfo 6.7.0 → 6.7.1 in staging",
    ]
    assert '+    newTag: "6.7.1"' in done.stdout
    assert "unchanged" in done.stderr, "the same release a second time"


def test_the_fourth_example_delivers_to_no_other_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        done = run("04-serve", tmp_path / "out", {"PORT": str(foreign.getsockname()[1])})
        foreign.settimeout(0)
        with pytest.raises(BlockingIOError):
            foreign.accept()
    assert done.returncode == 1
    assert "is in use" in done.stdout
    assert "deliveries send" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["01-bootstrap"], ["06-nothing", "out"], ["01-bootstrap", "out", "more"]])
def test_how_examples_are_run_is_told(tmp_path: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [EXAMPLES / "run", *arguments], capture_output=True, text=True, check=False, timeout=30, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: examples/run EXAMPLE FOLDER")
    assert "04-serve" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_example_without_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    done = run("02-release", tmp_path / "out", {"PATH": os.defpath})
    assert done.returncode == 1
    assert "gitopsmith is not on the PATH" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_commands_of_the_readme_run_in_their_order_and_say_what_it_shows(tmp_path: Path) -> None:
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    block = re.findall(r"^```console\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[0].replace("\\\n", "")
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    shown = [anonymous(line) for line in block.splitlines() if not line.startswith("$ ")]
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(commands)],
        env={**os.environ, "PATH": with_command()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    printed = iter([anonymous(line) for line in done.stdout.splitlines()])
    assert shown
    assert all(line in printed for line in shown), done.stdout


def anonymous(line: str) -> str:
    """Return what is printed without the commit in it, another one for each author and second."""
    return re.sub(r"\(main [0-9a-f]{7}\)", "(main)", line)


def test_an_example_does_not_run_over_a_folder_of_yours(tmp_path: Path) -> None:
    mine = tmp_path / "out" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()
    done = run("01-bootstrap", tmp_path / "out")
    assert done.returncode == 1
    assert "name another folder" in done.stderr
    assert mine.exists()


def run(
    example: str, folder: Path, variables: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EXAMPLES / "run", example, folder],
        env={**os.environ, "PATH": with_command(), "PORT": str(free_port()), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def with_command() -> str:
    """Return a search path with `gitopsmith` on it."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
