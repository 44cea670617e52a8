"""The built wheel, installed alone: templates and catalog travel inside it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment with the wheel in it, and the checkout not."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")

    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    here = {key: sysconfig.get_path(key) for key in ("purelib", "platlib")}
    (site,) = environment.glob("lib/python*/site-packages")
    # What gitopsmith depends on comes from the environment of the tests. A path in a .pth file is only looked in for
    # modules: that environment's own .pth files, which lead to the checkout, are not read.
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in dict.fromkeys(here.values())))
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin/python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    return environment / "bin"


def test_the_wheel_alone_makes_an_organization_that_it_finds_right(installed: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*command: str | Path, where: Path = tmp_path) -> str:
        done = subprocess.run(
            command, cwd=where, env=environment, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    look = "import generator; from generator.templating.library import builtin_folder as f; "
    look += "print(generator.__file__, f('templates'), f('catalog'), sep='\\n')"
    for path in run(installed / "python", "-c", look).splitlines():
        assert Path(path).is_relative_to(installed.parent)
    run(installed / "gitopsmith", "init", "acme", "--defaults", "--output", "out")
    assert run(installed / "gitopsmith", "check", where=tmp_path / "out") == "No findings.\n"
