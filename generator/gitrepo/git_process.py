"""Runs git as a process: bounded in time, killed with all its children, never asking, telling no secret."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Timer
from typing import IO

from generator.core.errors import UserError

OUTER = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""What a surrounding git (a hook, an alias) says of its own repository, and what gives paths another meaning than ours.

It is what `git rev-parse --local-env-vars` (2.39) lists, but for the configuration that `git -c` hands down."""

_OURS = {
    "LC_ALL": "C",  # what git says is read by us
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}


class GitFailedError(Exception):
    """Git ended with an error, or did not end in time.

    Args:
        command: What git was asked for.
        said: What it wrote, without secrets.
        seconds: Where it was stopped because it took longer than this.
    """

    def __init__(self, command: str, said: str, *, seconds: float | None = None) -> None:
        super().__init__(f"git {command}: {said}" if seconds is None else f"git {command}: no end in {seconds:g} s")
        self.command = command
        self.said = said
        self.seconds = seconds


@dataclass(frozen=True)
class Git:
    """How git is run in one folder.

    Attributes:
        folder: Where it runs.
        timeout: The seconds that one command may take.
        config: Settings beyond those in files, by name; they travel in the environment, where no other user sees them.
        secrets: Texts that must not stand in any error.
        held: Open files that each command keeps open as long as it lives, even where we are killed.
    """

    folder: Path
    timeout: float = 60.0
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    held: tuple[int, ...] = ()

    def run(self, *command: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None) -> str:
        """Run a command and return what it writes to its standard output.

        Args:
            command: Its name and arguments.
            stdin: What it reads.
            variables: Environment variables for this command alone.

        Raises:
            GitFailedError: It ended with an error, or not in time.
        """
        process = self._start(command, subprocess.PIPE, variables)
        try:
            out, err = process.communicate(stdin, self.timeout)
        except subprocess.TimeoutExpired as error:
            raise GitFailedError(command[0], "", seconds=self.timeout) from error
        finally:
            _end(process)
        text = out.decode(errors="surrogateescape")
        if process.returncode:
            raise GitFailedError(command[0], self._clean(f"{text}\n{_words(process, err)}"))
        return text

    @contextmanager
    def conversation(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command that is spoken to while the block runs; it is waited for at the end of the block.

        Raises:
            GitFailedError: It ended with an error or not in time, or stopped listening.
        """
        with TemporaryFile() as said:
            process = self._start(command, said, None)
            expired = Event()

            def expire() -> None:
                expired.set()
                _kill(process)

            alarm = Timer(self.timeout, expire)
            alarm.start()
            ended = False
            try:
                with suppress(BrokenPipeError):
                    yield process
                    assert process.stdin  # noqa: S101 - it was started with one
                    process.stdin.close()
                    ended = True
                process.wait()
            finally:
                alarm.cancel()
                _end(process)
            if expired.is_set():
                raise GitFailedError(command[0], "", seconds=self.timeout)
            if process.returncode or not ended:
                said.seek(0)
                raise GitFailedError(command[0], self._clean(_words(process, said.read())))

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command that lives on; whoever starts it ends it by `stop`."""
        return self._start(command, subprocess.DEVNULL, None)

    def _start(
        self, command: tuple[str, ...], stderr: int | IO[bytes], variables: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                ["git", *command],
                cwd=self.folder,
                env={**environment(os.environ, self.config), **(variables or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=self.held,
                start_new_session=True,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            if self.folder.is_dir():
                raise UserError("There is no git on the PATH.", hint="Install git 2.39 or newer.") from error
            raise GitFailedError(command[0], f"not a git repository: ({self.folder})") from error

    def _clean(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text.strip()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a command that was started to live on."""
    _end(process)


def environment(inherited: Mapping[str, str], config: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return the environment that git runs in.

    Args:
        inherited: Our own environment.
        config: Settings that are added to those that the environment has already.
    """
    kept = {
        # Traces would write credentials down.
        name: value
        for name, value in inherited.items()
        if name not in OUTER and not name.startswith("GIT_TRACE")
    }
    first = int(kept.get("GIT_CONFIG_COUNT") or 0)
    settings: dict[str, str] = {}
    for number, (name, value) in enumerate(config, first):
        settings |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {**kept, **_OURS, **settings, "GIT_CONFIG_COUNT": str(first + len(config))}


def _words(process: subprocess.Popen[bytes], written: bytes) -> str:
    """Return what a process wrote about its failure, and by which signal it died, for then it may have written none."""
    words = written.decode(errors="replace")
    return words if process.returncode >= 0 else f"{words}\ndied of signal {-process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, if it still runs, and forget it."""
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs, with all that it started: they are a group of their own."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
