"""Git's objects as GitHub makes them: trees, commits that it signs for an App, and branches that hold them.

Whoever makes commits so names no author: GitHub signs those of an App alone, and only as its own.
https://docs.github.com/en/rest/git
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from generator.core.change import Edits
from generator.core.errors import UserError
from generator.core.tree import File
from generator.core.visible import visible
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError, UnavailableError
from generator.hub.pace import Pace


class GitObjects:
    """Makes objects in a repository on GitHub. Made again, a tree is the same, and a commit is another one.

    Where GitHub takes no more in this minute, its next one is waited for.

    Args:
        connection: Who calls.
        repository: The repository, `owner/name`.
    """

    def __init__(self, connection: Connection, repository: str) -> None:
        place, self._caller = connection.of(repository)
        self._pace = Pace(self._caller)
        self._path = f"{place}/git"

    def tree(self, base: str | None, edits: Edits) -> str:
        """Make a tree, and return its name.

        Args:
            base: The tree that is changed; None to begin with an empty one.
            edits: What changes in it; at least one file.

        Raises:
            UserError: A path is no text, or GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        for part in _parts(edits):
            entries = [self._entry(path, file) for path, file in part.items()]
            body: dict[str, Any] = {"tree": entries} if base is None else {"base_tree": base, "tree": entries}
            base = self._made("trees", body)
        return str(base)

    def commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Make a commit that no branch points to yet, and return its name.

        Args:
            tree: What it holds.
            parents: The commits that it follows.
            message: What it says.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        return self._made("commits", {"message": message, "tree": tree, "parents": list(parents)})

    def hold(self, branch: str, commit: str) -> None:
        """Let a branch point to a commit, wherever it pointed before.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        try:
            self._pace.ask("POST", f"{self._path}/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
        except RefusedError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            self._pace.ask("PATCH", self._reference(branch), {"sha": commit, "force": True})

    def drop(self, branch: str) -> None:
        """Remove a branch; one that is not there is removed.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        try:
            self._caller.ask("DELETE", self._reference(branch), repeatable=True)
        except RefusedError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise

    def _entry(self, path: str, file: File | None) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": _text(path), "mode": f"{file.mode if file else 0o100644:o}", "type": "blob"}
        if file is None:
            return {**entry, "sha": None}
        text = _plain(file.data)
        return {**entry, "content": text} if text else {**entry, "sha": self._blob(file.data)}

    def _blob(self, data: bytes) -> str:
        return self._made("blobs", {"content": base64.b64encode(data).decode(), "encoding": "base64"})

    def _made(self, what: str, body: Mapping[str, Any]) -> str:
        answer = self._pace.ask("POST", f"{self._path}/{what}", body).data
        if not isinstance(answer, dict) or not isinstance(answer.get("sha"), str):
            raise UnavailableError(f"GitHub, asked for `POST {self._path}/{what}`, does not tell what it made.")
        return str(answer["sha"])

    def _reference(self, branch: str) -> str:
        return f"{self._path}/refs/heads/{quote(branch)}"


def _parts(edits: Edits) -> Iterator[Edits]:
    """Yield edits that can be made at once: a folder goes before a file takes its place, and a file before a folder."""
    gone = {path: file for path, file in edits.items() if file is None}
    written = {path: file for path, file in edits.items() if file is not None}
    if _folders(gone).isdisjoint(written) and _folders(written).isdisjoint(gone):
        yield edits
    else:
        yield gone
        yield written


def _folders(paths: Iterable[str]) -> set[str]:
    return {path[:end] for path in paths for end, char in enumerate(path) if char == "/"}


def _text(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"`{visible(path)}`: GitHub's API takes no path that is not UTF-8.",
            hint="Rename the file, or let organization.yaml say `commits: git` for this repository.",
        ) from None
    return path


def _plain(data: bytes) -> str:
    """Return bytes as a text that GitHub keeps as it is; empty where they are none, or it might not."""
    try:
        return "" if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return ""
