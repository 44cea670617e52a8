"""Whole commands as a person starts them: the help beside a bare Python, `init` beside git alone on the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.result import Result

RUNS = 7
COMMAND = str(Path(sys.executable).with_name("gitopsmith"))


def main() -> list[Result]:
    """Return what starting costs, and what `init` costs."""
    return [_help(), _init()]


def _help() -> Result:
    ours = median(_timed([COMMAND, "--help"]) for _ in range(RUNS))
    theirs = median(_timed([sys.executable, "-c", "pass"]) for _ in range(RUNS))
    return Result("gitopsmith --help", ours, theirs, "python -c pass", bar=1 / 30, seconds=0.3)


def _init() -> Result:
    with TemporaryDirectory() as temporary:
        folders = [Path(temporary) / str(number) for number in range(RUNS)]
        command = [COMMAND, "--quiet", "init", "acme", "--app-org", "acme-apps", "--defaults", "--output"]
        ours = median(_timed([*command, str(folder)]) for folder in folders)
        theirs = median(_git_alone(folder) for folder in folders)
    return Result("gitopsmith init", ours, theirs, "git init, add, commit of the same files", bar=1 / 10, seconds=2)


def _git_alone(folder: Path) -> float:
    spent = 0.0
    for repository in (folder / "acme/acme-gitops", folder / "acme-apps/acme-gitops"):
        shutil.rmtree(repository / ".git")
        for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
            spent += _timed(["git", "-C", str(repository), *arguments])
    return spent


def _timed(command: list[str]) -> float:
    identity = {f"GIT_{who}_{what}": "bench@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    started = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **identity})
    return perf_counter() - started


if __name__ == "__main__":
    for result in main():
        print(result)
