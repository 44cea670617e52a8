"""Templates that only copier can render: copier does it, in a process and a folder of its own, if it is trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from generator.core.errors import UserError
from generator.core.tree import SYMLINK, MemoryTree
from generator.templating.answers import Answers, check_keys
from generator.templating.copier_process import Order
from generator.templating.source import read_tree
from generator.templating.template import Template

TIMEOUT = 300.0
"""Seconds that a template's tasks may take."""


def render_through_copier(
    template: Template,
    data: Mapping[str, object],
    *,
    trust: bool = False,
    folder: str = "rendered",
    timeout: float = TIMEOUT,
) -> tuple[MemoryTree, Answers]:
    """Let copier answer a template's questions from what is given and the defaults, and render it.

    The template's tasks run with the user's rights; nothing stays behind but what they do outside their folder.

    Args:
        template: The template.
        data: The answers that are given.
        trust: Whether the user trusts the template to run code.
        folder: Name of the folder that it is rendered to, which templates see as `_folder_name`.
        timeout: Seconds that it may take.

    Returns:
        What was rendered, and the answers.

    Raises:
        UserError: The template is not trusted, copier refuses it (with copier's own words), a task fails, it takes
            too long, or what it leaves holds a symlink that leads out.
    """
    if not trust:
        features = ", ".join(template.needs_copier or template.settings.jinja_extensions) or "copier itself"
        raise UserError(
            f"{template.name}: this template uses what may run code on this machine: {features}.",
            hint="Add `--trust` if you trust this template.",
        )
    check_keys(template, data)
    with TemporaryDirectory(prefix="gitopsmith-") as temporary:
        root = Path(temporary)
        write_tree(template.tree, root / "template")
        (root / folder).mkdir()  # tasks run there, even where no file is rendered
        # Relative, so that what is rendered does not tell where the temporary folder was.
        _run(template.name, Order("template", folder, "answers.yml", dict(data)), root, timeout)
        answers = yaml.safe_load((root / "answers.yml").read_text(encoding="utf-8"))
        return read_tree(root / folder, follow=False), Answers(answers["values"], answers["recorded"])


def write_tree(tree: MemoryTree, folder: Path) -> None:
    """Write a tree to a folder that does not exist yet.

    Args:
        tree: The files.
        folder: Where to; it and its parents are created.
    """
    folder.mkdir(parents=True)
    for path in tree.under(""):
        file, target = tree.get(path), folder / path
        if file is None:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == SYMLINK:
            target.symlink_to(os.fsdecode(file.data))
        else:
            target.write_bytes(file.data)
            target.chmod(file.mode & 0o777)


def _run(template: str, order: Order, root: Path, timeout: float) -> None:
    # To a file: a pipe would stay open as long as anything that a task has left behind lives.
    with (root / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "generator.templating.copier_process"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with process:
            try:
                process.communicate(order.dumps().encode(), timeout=timeout)
            except subprocess.TimeoutExpired as error:
                raise UserError(f"{template}: copier did not finish within {timeout:g} seconds.") from error
            finally:
                _end(process)
    if process.returncode != 0:
        said = _last_words((root / "output").read_text(encoding="utf-8", errors="replace"))
        raise UserError(f"{template}: copier could not render this template: {said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: a task may have left some behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_words(output: str, limit: int = 5) -> str:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-limit:]) or "it said nothing."
