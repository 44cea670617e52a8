"""Walks each stage of the journey as it should be, and again with something that goes wrong at one of its calls."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github_double.api import Seen
from tests.github_double.faults import Row
from tests.journey.mishaps import Mishap, is_git
from tests.journey.stages import STAGES, Stage
from tests.journey.visible import repetitions, visible
from tests.journey.world import Snapshot, Waiting, World

_A_MINUTE = 60.0
_SHORT = Waiting(seconds=0.3)
_SHORT_GIT = Waiting(git_seconds=3.0)
_SHOWN = 40
_THOROUGH = 4
"""After a fault at each fourth call is seen as well that a further pass changes nothing, and what verbs say: to look at
everything each time would take as long as all the rest."""
_ACCIDENTAL = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b[0-9a-f]{40}\b|"id": \d+|[0-9a-f]{8}-[0-9a-f-]{27}')
"""Times, commits and ids in what verbs say."""


@dataclass(frozen=True)
class Walked:
    """A stage that was walked as it should be.

    Attributes:
        stage: The stage.
        before: The world before it.
        calls: The requests that it took.
        deliveries: How many deliveries it brought.
        after: What was to be seen after it.
        said: What verbs said after it.
    """

    stage: Stage
    before: Snapshot
    calls: Sequence[Seen]
    deliveries: int
    after: Any
    said: dict[str, str]


@dataclass
class Sweep:
    """The stages of a journey, to be walked again.

    Attributes:
        world: The world.
        walked: Each stage as it should be, by its name.
    """

    world: World
    walked: dict[str, Walked] = field(default_factory=dict)

    def walk_all(self, folder: Path) -> None:
        """Walk all stages as they should be, and keep the world before each in a folder."""
        world = self.world
        for stage in STAGES:
            before = world.remember(folder / stage.name)
            world.recall(before)
            known = _deliveries(world)
            stage.walk(world, lambda: True)
            calls, new = tuple(world.github.api.seen[world.begun :]), _deliveries(world) - known
            assert repetitions(world.github) == []
            self.walked[stage.name] = Walked(stage, before, calls, max(new, 0), self.seen(), _said(world))
            world.clock.sleep(_A_MINUTE)

    def walk(self, walked: Walked, number: int, mishaps: Sequence[Mishap], *, attempts: int = 1) -> str:
        """Walk a stage with something that goes wrong at one of its calls, and return what is wrong in the end.

        Args:
            walked: The stage.
            number: Which of its calls.
            mishaps: What goes wrong with it, and then with each of its repetitions.
            attempts: How often a call is made before it fails.
        """
        call = walked.calls[number]
        named = ", then ".join(one.name for one in mishaps)
        self.world.recall(walked.before)
        self.world.thorough = number % _THOROUGH == 0
        self.world.row = Row([one.fault for one in mishaps], number)
        self.world.waiting = _waiting(call, mishaps, attempts)
        return self._walk(walked, f"call {number}, {call.line}, {named} ({attempts} attempts)", ask=self.world.thorough)

    def walk_and_lose(self, walked: Walked, number: int) -> str:
        """Walk a stage with a delivery that reaches nobody, and return what is wrong in the end.

        What verbs say is another thing then: GitHub goes on to tell that it could not deliver.
        """
        self.world.recall(walked.before)
        self.world.lost = number
        return self._walk(walked, f"delivery {number} is lost", ask=False)

    def seen(self) -> Any:
        """Return what is to be seen now."""
        return visible(self.world.github, self.world.folder)

    def _walk(self, walked: Walked, what: str, *, ask: bool) -> str:
        try:
            walked.stage.walk(self.world, lambda: self.seen() == walked.after)
            problem = self._judged(walked, ask=ask)
        except Exception as error:  # a list of all that is wrong says more than the first of it
            problem = "\n".join(f"{type(one).__name__}: {one}" for one in (error, error.__cause__) if one)
        finally:
            self.world.waiting = Waiting()
        return f"{walked.stage.name}, {what}:\n{problem}" if problem else ""

    def _judged(self, walked: Walked, *, ask: bool) -> str:
        world = self.world
        if world.row is not None and not world.struck:
            return "it never went wrong: the calls before it are others than without it"
        world.github.mend()
        if (found := self.seen()) != walked.after:
            return _difference(walked.after, found)
        if twice := repetitions(world.github):
            return f"twice: {twice}"
        said = _said(world) if ask else walked.said
        return "" if said == walked.said else _difference(walked.said, said)


def _waiting(call: Seen, mishaps: Sequence[Mishap], attempts: int) -> Waiting:
    late = any("too late" in one.name for one in mishaps)
    short = (_SHORT_GIT if is_git(call) else _SHORT) if late else Waiting()
    return Waiting(attempts, short.seconds, short.git_seconds)


def _deliveries(world: World) -> int:
    hooks = [hook for repository in world.github.state.repositories.values() for hook in repository.hooks]
    return sum(len(hook.deliveries) for hook in hooks)


def _said(world: World) -> dict[str, str]:
    """Return what verbs say of how things are."""
    said = {"status": world.verb("status", "-w", "out", "--format", "json").text}
    if (world.folder / "out" / ".gitopsmith" / "sync.db").exists():
        said["reconcile"] = world.verb("reconcile", "-w", "out", "--push", "--dry-run").text
        listed = json.loads(world.verb("deliveries", "list", "-w", "out", "--format", "json").text)
        said["deliveries"] = ", ".join(sorted({one["state"] for one in listed}))
    return {verb: _ACCIDENTAL.sub("…", text) for verb, text in said.items()}


def _difference(wanted: Any, found: Any) -> str:
    before, after = (json.dumps(one, indent=1).replace("\\n", "\n").splitlines() for one in (wanted, found))
    lines = difflib.unified_diff(before, after, "without", "with", lineterm="", n=3)
    return "\n".join(line[:300] for line in list(lines)[:_SHOWN])
