"""Puts a batch of deliveries together: what newer ones make needless is left out, and said in their trailers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from generator.core.intents import SetVersion
from generator.core.versions import is_older
from generator.sync.news.delivery import Delivery
from generator.sync.rules import Step


@dataclass(frozen=True)
class Work:
    """What one delivery asks for.

    Attributes:
        delivery: The delivery.
        steps: What should be true.
        notes: What was left alone and why.
        superseded: The deliveries that ask for something newer in place of some of it.
    """

    delivery: Delivery
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    superseded: tuple[str, ...] = field(default=())


def coalesce(works: Sequence[Work]) -> list[Work]:
    """Return the works without the versions that another one of them has newer, for the same app and environment.

    The version that is written names in its trailers the deliveries that it stands for. Of two versions that cannot be
    compared the later one in the batch is meant.

    Args:
        works: What the deliveries of a batch ask for, in the order of their receipt.
    """
    best: dict[tuple[str, str, str], tuple[int, SetVersion]] = {}
    for index, work in enumerate(works):
        for step in work.steps:
            if isinstance(step.intent, SetVersion):
                found = best.get(_key(step.intent, step))
                if found is None or not is_older(step.intent.version, found[1].version):
                    best[_key(step.intent, step)] = index, step.intent
    losers: dict[tuple[str, str, str], list[str]] = {}
    reduced = []
    for index, work in enumerate(works):
        kept, superseded = [], []
        for step in work.steps:
            intent = step.intent
            if isinstance(intent, SetVersion) and best[_key(intent, step)] != (index, intent):
                winner = works[best[_key(intent, step)][0]].delivery.id
                losers.setdefault(_key(intent, step), []).append(f"{work.delivery.id} ({intent.version})")
                superseded.append(winner)
            else:
                kept.append(step)
        reduced.append(replace(work, steps=tuple(kept), superseded=tuple(dict.fromkeys(superseded))))
    return [replace(work, steps=tuple(_naming(step, losers) for step in work.steps)) for work in reduced]


def _key(intent: SetVersion, step: Step) -> tuple[str, str, str]:
    return intent.app, intent.environment, step.mode


def _naming(step: Step, losers: dict[tuple[str, str, str], list[str]]) -> Step:
    if not isinstance(step.intent, SetVersion):
        return step
    names = losers.get(_key(step.intent, step), [])
    return replace(step, intent=replace(step.intent, supersedes=tuple(names))) if names else step
