"""The examples: every command of every README works, in its order, on a machine that has only gitopsmith and git."""

from __future__ import annotations

import os
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
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [EXAMPLES / "run", example, folder],
        env={**os.environ, "PATH": path, "PORT": str(free_port()), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
