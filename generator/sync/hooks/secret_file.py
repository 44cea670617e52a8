"""Writes the file of webhook secrets: makes them, replaces them with two that count at once, and forgets them.

What people wrote into the file stays as it is, byte for byte; whoever reads it sees the old file or the new one, whole.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path

from generator.core.errors import UserError
from generator.core.yamltext import Path as Place
from generator.core.yamltext import add_item, add_key, get_value, remove_item, remove_key
from generator.gitrepo.lock import locked
from generator.sync.news.events import repository_key
from generator.sync.web.webhook_secrets import Stamp, read_secrets, stamp_of

BYTES = 32
"""The random bytes of a secret."""
_WAIT = 10.0
_ROOT = Place()


class SecretFile:
    """The secrets of repositories in a file. Several threads and processes of one machine may use it at once.

    Every method raises `UserError` where the file cannot be read or written or is not of the form, and `TemporaryError`
    where another process holds it for too long.

    Args:
        path: The file; it is made with the first secret.
        fresh: Makes a secret.
        learn: Is told each secret as soon as it is read, and so before it is used, so that no log tells it.

    Attributes:
        path: The file.
    """

    def __init__(
        self,
        path: Path,
        fresh: Callable[[], str] = lambda: secrets.token_hex(BYTES),
        learn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.path = path
        self._fresh = fresh
        self._learn = learn
        self._known: tuple[Stamp | None, Mapping[str, tuple[str, ...]]] = (None, {})

    @property
    def can_be_written(self) -> bool:
        """Whether it can: a Secret that Kubernetes mounts cannot."""
        folder = next(folder for folder in self.path.resolve().parents if folder.exists())
        return os.access(folder, os.W_OK) and not (self.path.parent / "..data").is_symlink()

    def of(self, repository: str) -> tuple[str, ...]:
        """Return the secrets of a repository, `owner/name` in any case: the newest first, none where it has none."""
        return self._all().get(repository_key(repository), ())

    def ensure(self, repository: str, before: str = "") -> tuple[str, ...]:
        """Return the secrets of a repository; where it has none, it gets one.

        Args:
            repository: Its owner and name.
            before: What its deliveries may be signed with so far, which then counts as well; empty for none.
        """

        def edit(text: bytes, name: str | None) -> bytes:
            made = [self._fresh(), *filter(None, [before])]
            return text if name else add_key(text, _ROOT, repository, made)

        return self.of(repository) or self._edited(repository, edit)

    def renew(self, repository: str) -> tuple[str, ...]:
        """Put a new secret before that of a repository, which counts as well from then on, and return both."""

        def edit(text: bytes, name: str | None) -> bytes:
            old = self.of(repository)
            if name is None:
                return add_key(text, _ROOT, repository, [self._fresh()])
            if not isinstance(get_value(text, _ROOT / name), list):
                return add_key(remove_key(text, _ROOT / name), _ROOT, name, [self._fresh(), old[0]])
            text = add_item(text, _ROOT / name, self._fresh(), index=0)
            return remove_item(text, _ROOT / name / 2) if len(old) > 1 else text

        return self._edited(repository, edit)

    def drop_old(self, repository: str) -> tuple[str, ...]:
        """Forget the secret of a repository that was replaced, and return the one that is left."""

        def edit(text: bytes, name: str | None) -> bytes:
            return remove_item(text, _ROOT / name / 1) if name and len(self.of(repository)) > 1 else text

        return self._edited(repository, edit)

    def forget(self, repository: str) -> None:
        """Forget the secrets of a repository."""

        def edit(text: bytes, name: str | None) -> bytes:
            return remove_key(text, _ROOT / name) if name else text

        if self.of(repository):
            self._edited(repository, edit)

    def _all(self) -> Mapping[str, tuple[str, ...]]:
        """Return the secrets of all repositories; a file that did not change is not read again."""
        stamp = stamp_of(self.path)
        if stamp is None or not stamp.size:
            return {}
        if stamp != self._known[0]:
            read = read_secrets(self.path)
            found = {name: tuple(secret.decode() for secret in of_one) for name, of_one in read.items()}
            for secret in chain.from_iterable(found.values()):
                self._learn(secret)
            self._known = stamp, found
        return self._known[1]

    def _edited(self, repository: str, edit: Callable[[bytes, str | None], bytes]) -> tuple[str, ...]:
        """Edit the file under a lock, and return the secrets that a repository has then.

        Args:
            repository: The repository.
            edit: Is given the file and how it spells the repository there, None where it does not have it.
        """
        # A link stays one: what it leads to is replaced.
        path = self.path.resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(path.parent, seconds=_WAIT):
                text = path.read_bytes() if path.exists() else b""
                new = edit(text, _spelled(text, repository))
                if new != text:
                    _write(path, new)
        except OSError as error:
            raise UserError(
                f"{self.path}: the webhook secrets cannot be written: {error.strerror}.",
                hint="Name a file that can be written with --webhook-secrets, or write the secrets into it yourself.",
            ) from error
        return self.of(repository)


def _spelled(text: bytes, repository: str) -> str | None:
    """Return how a file spells a repository."""
    found = get_value(text, _ROOT) if text.strip() else None
    names = found if isinstance(found, dict) else {}
    return next((str(name) for name in names if repository_key(str(name)) == repository_key(repository)), None)


def _write(path: Path, data: bytes) -> None:
    """Replace a file by one that nobody else may read. It is on disk when this returns; one without secrets goes."""
    if data.strip() == b"{}":
        path.unlink(missing_ok=True)
        return
    new = path.with_name(f".{path.name}.gitopsmith")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
