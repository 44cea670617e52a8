"""The secrets that webhooks are signed with: one for all repositories, and one for each that has its own.

The one for all comes from the environment; it is also that of a GitHub App. Those of single repositories come from one
YAML file, which a Kubernetes Secret brings as one of its keys. A file per repository would need a name for it, and a
Secret's keys cannot hold `owner/name`: with any other sign in place of `/` two repositories could share a name.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import structlog
import yaml

from generator.core.errors import UserError, UserErrors
from generator.core.yamlload import check_bounds
from generator.hub.credentials import APP_ID
from generator.sync.news.events import repository_key

SECRET_VARIABLE = "GITOPSMITH_WEBHOOK_SECRET"  # noqa: S105 - a name, no secret
PREVIOUS_VARIABLE = "GITOPSMITH_WEBHOOK_SECRET_PREVIOUS"

MINIMUM = 16
"""The fewest characters of a secret: who has seen one delivery can try secrets at home, as fast as machines can."""

_MOST = 2
_FORM = "Write `owner/name: secret`, or a list of the new and the old secret while one is replaced."
_LONGER = f"Use at least {MINIMUM} characters from a random source, for example of `openssl rand -hex 32`."
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", re.ASCII)
_TEXTS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp"))

_log = structlog.get_logger(__name__)

Secrets = tuple[bytes, ...]


class Stamp(NamedTuple):
    """What changes when a file does."""

    file: int
    changed: int
    size: int


class WebhookSecrets:
    """The secrets that count now. They are in no message and in no text of this object.

    Args:
        shared: The secrets for all repositories that have none of their own, and for a GitHub App: the newer first.
        file: The file of those that have; read again when it changes. None where there is none.
        may_be_missing: Whether the file may come later, from whoever keeps the webhooks.
        of_app: Whether a GitHub App of ours signs with the shared ones, for every repository that it sees.
        learn: Is told each secret as soon as it is read, so that no log tells it.

    Raises:
        UserError: The file cannot be used; `problem` says why it cannot later on.
    """

    def __init__(
        self,
        shared: Secrets = (),
        file: Path | None = None,
        *,
        may_be_missing: bool = False,
        of_app: bool = False,
        learn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._shared = shared
        self._of_app = of_app
        self._learn = learn
        self._file = file
        self._own: Mapping[str, Secrets] = {}
        self._stamp: Stamp | None = None
        self._problem = ""
        if file is not None:
            self._stamp = stamp_of(file)
            self._own = {} if may_be_missing and self._stamp is None else self._read(file)

    def of(self, repository: str) -> Secrets:
        """Return the secrets of a repository, `owner/name` in any case: its own, else the shared ones."""
        self._refresh()
        return self._own.get(repository_key(repository), self._shared)

    def shared(self) -> Secrets:
        """Return the secrets of all repositories that have none of their own, and of a GitHub App."""
        return self._shared

    def shared_count_for(self, repository: str) -> bool:
        """Return whether the shared secrets sign for a repository, `owner/name` in any case, at the address of all.

        Others may know them: those who keep any other repository without a secret of its own.
        """
        self._refresh()
        return self._of_app or repository_key(repository) not in self._own

    def problem(self) -> str:
        """Return why the file could not be read again, so that what it held before still counts; empty where it was."""
        self._refresh()
        return self._problem

    def _refresh(self) -> None:
        if self._file is None or (stamp := stamp_of(self._file)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._own = self._read(self._file)
        except UserError as error:
            # Somebody is writing it, or made a mistake: deliveries that were right stay right meanwhile.
            self._problem = error.message
            _log.error("webhook secrets not read again; those from before still count", reason=str(error))
        else:
            self._problem = ""
            _log.info("webhook secrets read again", repositories=len(self._own))

    def _read(self, file: Path) -> Mapping[str, Secrets]:
        found = read_secrets(file)
        for secret in chain.from_iterable(found.values()):
            self._learn(secret.decode())
        return found


def webhook_secrets(
    environment: Mapping[str, str],
    file: Path | None = None,
    *,
    may_be_missing: bool = False,
    learn: Callable[[str], None] = lambda _: None,
) -> WebhookSecrets:
    """Return the secrets that a user gave.

    Args:
        environment: The environment, with GITOPSMITH_WEBHOOK_SECRET for the shared one and, while that is replaced,
            GITOPSMITH_WEBHOOK_SECRET_PREVIOUS for the one before; and with a GitHub App's id, where there is one.
        file: The file of repositories that have their own.
        may_be_missing: Whether the file may come later.
        learn: Is told each secret of the file as soon as it is read.

    Raises:
        UserError: There is no secret at all, or one cannot be used.
    """
    given = {name: environment.get(name, "") for name in (SECRET_VARIABLE, PREVIOUS_VARIABLE)}
    if given[PREVIOUS_VARIABLE] and not given[SECRET_VARIABLE]:
        raise UserError(
            f"{PREVIOUS_VARIABLE} is set, but {SECRET_VARIABLE} is not.", hint=f"Set the new secret: {SECRET_VARIABLE}."
        )
    if not given[SECRET_VARIABLE] and file is None:
        raise UserError(
            "There is no webhook secret, so no delivery could be trusted.",
            hint=f"Set {SECRET_VARIABLE} for all repositories, or name a file of theirs with --webhook-secrets.",
        )
    for name, secret in given.items():
        if secret and (problem := _weakness(secret)):
            raise UserError(f"{name}: {problem}", hint=_LONGER)
    # Bytes that are no text reach us as halves of characters; they go back to what they were.
    shared = tuple(os.fsencode(secret) for secret in given.values() if secret)
    of_app = bool(environment.get(APP_ID))
    return WebhookSecrets(shared, file, may_be_missing=may_be_missing, of_app=of_app, learn=learn)


def read_secrets(path: Path) -> dict[str, Secrets]:
    """Return the secrets of a file, by repository in lower case.

    Raises:
        UserError: It cannot be read, others may read it, it is not of the form, or a secret is too short.
    """
    try:
        # A pipe could be read only once, and would stop us when it is looked at again.
        if not path.is_file():
            raise UserError(f"{path}: there is no such file of webhook secrets.", hint="Check --webhook-secrets.")
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            _check_private(path, status.st_mode)
            data = file.read()
    except OSError as error:
        raise UserError(
            f"{path}: the webhook secrets cannot be read: {error.strerror}.", hint="Check --webhook-secrets."
        ) from error
    return _parse(data, str(path))


def _check_private(path: Path, mode: int) -> None:
    """Refuse a file that others may read; in a volume that Kubernetes mounts, that is nobody outside the container."""
    is_mounted = (path.parent / "..data").is_symlink()
    if stat.S_IMODE(mode) & 0o007 and not is_mounted:
        raise UserError(
            f"{path}: others on this machine may read or change the webhook secrets (mode {stat.S_IMODE(mode):04o}).",
            hint=f"Run `chmod 600 {path}`.",
        )


def _parse(data: bytes, path: str) -> dict[str, Secrets]:
    result: dict[str, Secrets] = {}
    problems: list[UserError] = []
    for key, value in _entries(data, path):
        line = key.start_mark.line + 1
        # A key may be a secret in the wrong place: only one that is a repository is shown.
        if not isinstance(key, yaml.ScalarNode) or not _REPOSITORY.fullmatch(key.value):
            problems.append(UserError(f"line {line}: the key is no repository, `owner/name`"))
        elif repository_key(key.value) in result:
            problems.append(UserError(f"line {line}: {key.value} comes twice"))
        else:
            secrets = _texts(value)
            result[repository_key(key.value)] = tuple(text.encode() for text in secrets)
            if problem := _wrong(secrets):
                problems.append(UserError(f"line {line}: {key.value}: {problem}"))
    if problems:
        raise UserErrors(f"{path}: the webhook secrets are not right:", problems)
    return result


def _entries(data: bytes, path: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return keys and values as they are written: a secret of digits is no number."""
    try:
        check_bounds(data)
        root = yaml.compose(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        # The parser's own words may hold part of a secret, and so may its error.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise UserError(f"{path}: not YAML{where}.", hint=f"{_FORM} Put secrets in quotes.") from None
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise UserError(f"{path}: it holds no webhook secrets.", hint=_FORM)
    entries: list[tuple[yaml.Node, yaml.Node]] = root.value
    return entries


def _texts(node: yaml.Node) -> tuple[str, ...]:
    """Return the secrets of a repository; an empty one for what is no text."""
    nodes: list[yaml.Node] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return tuple(each.value if isinstance(each, yaml.ScalarNode) and each.tag in _TEXTS else "" for each in nodes)


def _wrong(secrets: tuple[str, ...]) -> str:
    """Return what is wrong with the secrets of one repository; nothing where they can be used."""
    if not 1 <= len(secrets) <= _MOST:
        return f"there are {len(secrets)} secrets; give one, or two while one is replaced"
    return next((problem for problem in map(_weakness, secrets) if problem), "")


def _weakness(secret: str) -> str:
    """Return why a secret cannot be used; nothing where it can."""
    if not secret.strip():
        return "the secret is empty or no text"
    if secret != secret.strip():
        return "the secret begins or ends with a space or a line end, which GitHub's probably does not"
    if len(secret) < MINIMUM:
        return f"the secret has {len(secret)} characters, and {MINIMUM} are the fewest"
    return ""


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when a file does; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)
