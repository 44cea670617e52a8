"""Asks the programs that keep credentials for Docker: `docker-credential-…`, bounded in time.

The protocol is the one of https://github.com/docker/docker-credential-helpers: `get` reads a server's address and
writes JSON. What a helper writes is never shown: it may hold a secret.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from contextlib import suppress

from generator.core.errors import TemporaryError, UserError
from generator.core.visible import visible

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_NOT_FOUND = b"credentials not found"


def ask_helper(name: str, server: str, *, seconds: float = 10.0) -> tuple[str, str] | None:
    """Return the user and the secret that a helper keeps for a registry; None where it keeps none.

    Args:
        name: The helper, without `docker-credential-`.
        server: The registry's address, as `docker login` writes it.
        seconds: How long the helper may take.

    Raises:
        UserError: There is no such helper, or it fails.
        TemporaryError: It takes too long.
    """
    program = f"docker-credential-{name}"
    if not _NAME.fullmatch(name):
        raise UserError(
            f"`{visible(name[:80])}` is no name of a credential helper.",
            hint="Docker's config.json names one as `ecr-login`, for the program docker-credential-ecr-login.",
        )
    out, code = _run(program, server, seconds)
    if code and _NOT_FOUND in out:
        return None
    try:
        answer = None if code else json.loads(out)
    except ValueError:
        answer = None
    user, secret = (answer.get("Username"), answer.get("Secret")) if isinstance(answer, dict) else (None, None)
    if not isinstance(user, str) or not isinstance(secret, str):
        raise UserError(
            f"{program} gives no credentials for {server}: it ended with code {code}.",
            hint=f"To see what it says, run: echo {server} | {program} get",
        )
    return (user, secret) if secret else None


def _run(program: str, server: str, seconds: float) -> tuple[bytes, int]:
    try:
        process = subprocess.Popen(
            [program, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(
            f"{program} cannot be run: {error.strerror}.",
            hint="Docker's config.json names it: install it, or take it out of `credsStore` and `credHelpers`.",
        ) from error
    with process:
        try:
            out, _ = process.communicate(server.encode(), seconds)
        except subprocess.TimeoutExpired as error:
            raise TemporaryError(f"{program} gave no answer within {seconds:g} s.") from error
        finally:
            _end(process)
    return out, process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a helper that did not end, with all that it started: they are a group of their own."""
    # As long as nobody waited for it, its number is its own, even if it died and left a child that holds its output.
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
