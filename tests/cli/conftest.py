"""The command line, run in this process for speed and as a process where that is what is tested."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.cli.main import main
from tests.sync.monitoring.restored import restored_logs

COMMAND = Path(sys.executable).with_name("gitopsmith")
EXAMPLE = """\
gitopsmith init acme --app-org acme-apps --output ./out --defaults
gitopsmith cluster add prod-eu --type physical --cloud aws --region eu-west-1
gitopsmith env add staging --cluster prod-eu
gitopsmith catalog add cert-manager --cluster prod-eu --data replicas=2
gitopsmith app add podinfo --repo acme/podinfo --image ghcr.io/stefanprodan/podinfo --version 6.7.0 --env staging
gitopsmith check
gitopsmith status
"""


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `gitopsmith` with arguments in a folder, in this process."""

    def run_here(folder: Path, *arguments: str) -> Ran:
        capsys.readouterr()
        with monkeypatch.context() as patch, restored_logs():
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["gitopsmith", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), out, err)

    return run_here


@pytest.fixture
def process() -> Run:
    """Run `gitopsmith` with arguments in a folder, as a process of its own."""

    def run_process(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [str(COMMAND), *arguments],
            cwd=folder,
            env={**os.environ, **(env or {})},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run_process


@pytest.fixture(scope="session")
def example() -> list[list[str]]:
    """The commands that every user sees first, in their order."""
    return [line.split()[1:] for line in EXAMPLE.splitlines()]


@pytest.fixture(scope="session")
def bootstrapped(example: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `out` of the example, after all of its commands, each run as a process."""
    folder = tmp_path_factory.mktemp("example")
    for arguments in example:
        where = folder if arguments[0] == "init" else folder / "out"
        subprocess.run([str(COMMAND), *arguments], cwd=where, check=True)
    return folder / "out"


@pytest.fixture
def out(bootstrapped: Path, tmp_path: Path) -> Path:
    """The example's folder `out`, this test's own."""
    return Path(shutil.copytree(bootstrapped, tmp_path / "out", symlinks=True))


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder and return what it says."""

    def run_git(folder: Path, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
        return done.stdout.removesuffix("\n")

    return run_git


@pytest.fixture
def state() -> Callable[[Path], dict[str, tuple[int, bytes]]]:
    """Return everything in a folder, git's own files included: what must be the same where nothing may change."""

    def read(folder: Path) -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted(folder.rglob("*"))
        }

    return read
