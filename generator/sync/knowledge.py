"""What a process knows of the organization: which repositories are followed, and what is wrong at the moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from generator.core.previews import OpenPreview, previews_in
from generator.sync.following import Following
from generator.sync.gitops import View

_SHOWN_EVERY = 30.0
"""The seconds after which previews are shown anew."""


class Showing(Protocol):
    """Whoever shows the previews to a monitoring system."""

    def show_previews(self, repository: str, previews: Iterable[OpenPreview]) -> None:
        """Show the previews that a gitops repository holds, in place of those that it held before."""
        ...


@dataclass
class Knowledge:
    """What is known now. Everything may be read from any thread; each field is replaced as a whole.

    Attributes:
        showing: Is shown the previews.
        repositories: The repositories that are followed, folded, with those of the organization itself; None before
            they were read.
        unread: Why the repositories could not be read the last time; empty where they were.
        unwritten: Why they could not be written the last time, likewise.
        broken: What is wrong with documents of apps.
        monotonic: Seconds that no change of the clock makes jump.
    """

    showing: Showing
    repositories: frozenset[str] | None = None
    unread: str = ""
    unwritten: str = ""
    broken: tuple[str, ...] = ()
    monotonic: Callable[[], float] = time.monotonic
    _shown: float | None = None

    @property
    def problem(self) -> str:
        """What is wrong with the repositories at the moment; empty where nothing is."""
        return self.unread or self.unwritten

    def knows(self, repository: str) -> bool:
        """Return whether a repository is followed. Before the first look any might be: the drain decides then."""
        return self.repositories is None or repository.casefold() in self.repositories

    def learn(self, following: Following, view: View) -> None:
        """Take note of which apps follow what; the repositories were read for that."""
        self.unread = ""
        own = view.organization.spec.repositories
        self.repositories = frozenset({*following.apps, own.platform.slug.casefold(), own.application.slug.casefold()})
        self.broken = tuple(str(error) for error in following.broken)
        # All records are read for that, which is too dear for every batch.
        now = self.monotonic()
        if self._shown is None or now - self._shown >= _SHOWN_EVERY:
            self._shown = now
            self.showing.show_previews(own.application.slug, previews_in(view.main, view.layout))
