"""Commands that are killed, that run at the same time, or that the disk refuses: nothing is lost or half done."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

COMMAND = Path(sys.executable).with_name("gitopsmith")
REPOSITORIES = ("acme/acme-gitops", "acme-apps/acme-gitops")
INIT = ["init", "acme", "--app-org", "acme-apps", "--defaults", "--output"]

# A git that counts its calls and, at the one that is asked for, kills the command that called it: before or after.
DEADLY_GIT = """\
#!/bin/sh
count=$(($(cat "$GIT_COUNT" 2>/dev/null || echo 0) + 1))
echo $count > "$GIT_COUNT"
[ $count = "$DIES_BEFORE" ] && kill -9 $PPID && exit 1
[ $count = "$DIES_AFTER" ] && { "$REAL_GIT" "$@"; kill -9 $PPID; exit 1; }
exec "$REAL_GIT" "$@"
"""


@pytest.fixture
def counted(tmp_path: Path) -> Callable[..., tuple[int, int]]:
    """Run a command with a deadly git; return its exit status and how many times it called git."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(DEADLY_GIT)
    (folder / "git").chmod(0o755)

    def run_counted(where: Path, *arguments: str, **dies: int) -> tuple[int, int]:
        count = tmp_path / "count"
        count.unlink(missing_ok=True)
        env = {
            **os.environ,
            "PATH": f"{folder}:{os.environ['PATH']}",
            "REAL_GIT": shutil.which("git") or "",
            "GIT_COUNT": str(count),
            **{key.upper(): str(value) for key, value in dies.items()},
        }
        done = subprocess.run([COMMAND, *arguments], cwd=where, env=env, capture_output=True, check=False)
        return done.returncode, int(count.read_text())

    return run_counted


def trees(out: Path, git: Git) -> list[str]:
    branches = ("main^{tree}", "gitopsmith/pristine^{tree}")
    return [git(out / name, "rev-parse", *branches) for name in REPOSITORIES]


def moments(calls: int) -> list[dict[str, int]]:
    """Some of the moments in a run with so many calls of git: early, late, and spread over it."""
    chosen = sorted({1, calls, *range(2, calls, max(1, calls // 6))})
    return [{"dies_after" if index % 2 else "dies_before": call} for index, call in enumerate(chosen)]


def test_a_killed_init_is_completed_by_running_it_again(
    counted: Callable[..., tuple[int, int]], run: Run, tmp_path: Path, git: Git
) -> None:
    _, calls = counted(tmp_path, *INIT, "whole")
    wanted = trees(tmp_path / "whole", git)
    for number, moment in enumerate(moments(calls)):
        out = tmp_path / str(number)
        assert counted(tmp_path, *INIT, str(out), **moment)[0] == -signal.SIGKILL
        again = run(tmp_path, *INIT, str(out))
        assert (again.code, trees(out, git)) == (0, wanted), moment
        assert sorted(path.name for path in out.glob("*/*")) == ["acme-gitops", "acme-gitops"]
        assert all(git(out / name, "status", "--porcelain") == "" for name in REPOSITORIES)
        assert "Nothing to change." in run(tmp_path, *INIT, str(out)).err


def test_a_killed_change_to_two_repositories_is_completed_by_running_it_again(
    counted: Callable[..., tuple[int, int]], run: Run, bootstrapped: Path, tmp_path: Path, git: Git
) -> None:
    add = ["env", "add", "production", "--cluster", "prod-eu"]
    shutil.copytree(bootstrapped, tmp_path / "whole", symlinks=True)
    _, calls = counted(tmp_path / "whole", *add)
    wanted = trees(tmp_path / "whole", git)
    for number, moment in enumerate(moments(calls)):
        out = tmp_path / str(number)
        shutil.copytree(bootstrapped, out, symlinks=True)
        assert counted(out, *add, **moment)[0] == -signal.SIGKILL
        again = run(out, *add)
        assert (again.code, trees(out, git)) == (0, wanted), (moment, again.err)
        for name in REPOSITORIES:
            assert git(out / name, "status", "--porcelain") == ""
            assert git(out / name, "fsck", "--strict", "--no-dangling") == ""


def test_commands_at_the_same_time_lose_nothing(out: Path, run: Run, git: Git) -> None:
    names = ["one", "two", "three", "four"]
    started = {
        name: subprocess.Popen([COMMAND, "env", "add", name], cwd=out, stderr=subprocess.PIPE, text=True)
        for name in names
    }
    said = {name: process.communicate()[1] for name, process in started.items()}
    landed = {name for name, process in started.items() if process.returncode == 0}
    document = (out / "acme/acme-gitops/organization.yaml").read_text()
    assert landed == {name for name in names if f"- name: {name}\n" in document}
    assert landed
    for name in set(names) - landed:
        assert started[name].returncode == 1
        assert "run the command again" in said[name]
        assert run(out, "env", "add", name).code == 0
    document = (out / "acme/acme-gitops/organization.yaml").read_text()
    assert all(f"- name: {name}\n" in document for name in names)
    assert git(out / "acme/acme-gitops", "status", "--porcelain") == ""
    assert git(out / "acme/acme-gitops", "fsck", "--strict", "--no-dangling") == ""


def test_two_inits_at_the_same_time_make_one_organization(tmp_path: Path, run: Run, git: Git) -> None:
    started = [
        subprocess.Popen([COMMAND, *INIT, "out"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate()[1] for process in started]
    assert {process.returncode for process in started} <= {0, 1}
    assert all(
        "run the command again" in words for process, words in zip(started, said, strict=True) if process.returncode
    )
    assert run(tmp_path, *INIT, "out").code == 0
    assert run(tmp_path / "out", "check").code == 0
    for name in REPOSITORIES:
        assert git(tmp_path / "out" / name, "rev-list", "--count", "main") == "1"


def obeying_permissions() -> list[str]:
    """Return what makes a command obey the permissions of files, which root does not."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root is refused nothing here")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.mark.parametrize(
    "arguments", [[*INIT, "locked/out"], [*INIT, "locked"], ["render", "template", "locked/out", "--defaults"]]
)
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, state: State, arguments: list[str]) -> None:
    (tmp_path / "template").mkdir()
    (tmp_path / "template/copier.yml").write_text("{}\n")
    (tmp_path / "template/file").touch()
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0o555)
    before = state(tmp_path)
    done = subprocess.run(
        [*obeying_permissions(), COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert "locked" in done.stderr
    assert state(tmp_path) == before


def test_a_repository_that_cannot_be_written_stays_as_it_is(out: Path, git: Git) -> None:
    platform = out / "acme/acme-gitops"
    before = git(platform, "for-each-ref")
    folder = platform / "registry/clusters/prod-eu/components"
    folder.chmod(0o555)
    done = subprocess.run(
        [*obeying_permissions(), COMMAND, "catalog", "add", "loki", "--cluster", "prod-eu"],
        cwd=out,
        capture_output=True,
        text=True,
        check=False,
    )
    folder.chmod(0o755)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert git(platform, "for-each-ref") == before
    assert git(platform, "status", "--porcelain") == ""


def test_without_an_identity_nothing_is_made(process: Run, tmp_path: Path) -> None:
    nobody = {"HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    unset = {f"GIT_{role}_{key}": "" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    ran = process(tmp_path, *INIT, "out", env={**nobody, **unset, "EMAIL": ""})
    assert ran.code == 1
    assert "git does not know who you are" in ran.err
    assert "git config --global user.name" in ran.err
    assert list(tmp_path.iterdir()) == []
