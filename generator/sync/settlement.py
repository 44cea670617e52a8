"""What becomes of a delivery: its end, or when and why it is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.core.intents import SetVersion
from generator.gitrepo.writer import Outcome
from generator.sync.batch import Work
from generator.sync.news.delivery import Delivery, Result, State

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0
_FIRST_LOOK, _LONGEST_LOOK, _SHARE = 5.0, 60.0, 0.25
_ATTEMPTS = 1500
"""After so many failures in a row, a day of them, a delivery is given up: a person or reconciliation takes over."""


@dataclass(frozen=True)
class Settlement:
    """What became of a delivery.

    Attributes:
        id: The delivery.
        state: How far it is.
        result: What became of it; None while it waits.
        reason: Why, for a person.
        commit: The last commit that it led to.
        effects: What it brought where, `app/environment`, so that reconciliation does not bring it again.
        attempts: How often it was tried in vain.
        not_before: When it is tried next, in seconds since 1970.
        waiting_for: The image that it waits for.
        waited: The seconds that it will have waited for the image by then.
    """

    id: str
    state: State
    result: Result | None = None
    reason: str = ""
    commit: str = ""
    effects: tuple[str, ...] = ()
    attempts: int = 0
    not_before: float = 0.0
    waiting_for: str = ""
    waited: float = 0.0


def ignored(delivery: Delivery, reasons: Sequence[str]) -> Settlement:
    """Return the end of a delivery that nothing follows from."""
    return Settlement(delivery.id, "done", "ignored", "\n".join(reasons))


def superseded(delivery: Delivery, by: Sequence[str]) -> Settlement:
    """Return the end of a delivery that newer ones of the same thing made needless."""
    return Settlement(delivery.id, "done", "superseded", f"by {', '.join(by)}")


def refused(delivery: Delivery, error: UserError) -> Settlement:
    """Return the end of a delivery that a rule, a document or a remote refuses."""
    return Settlement(delivery.id, "failed", "refused", str(error), attempts=delivery.attempts + 1)


def after_failure(delivery: Delivery, error: GitopsmithError, now: float, luck: float) -> Settlement:
    """Return when a delivery is tried again after something that may pass, or be mended; its end after too many times.

    Args:
        delivery: The delivery.
        error: What went wrong.
        now: The time.
        luck: From 0 to 1; keeps those apart that failed together.
    """
    attempts = delivery.attempts + 1
    if attempts >= _ATTEMPTS:
        return Settlement(delivery.id, "failed", "gave-up", f"{error}\n({attempts} attempts)", attempts=attempts)
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(delivery.attempts, 20)) * (0.5 + luck / 2)
    return Settlement(delivery.id, "waiting", reason=str(error), attempts=attempts, not_before=now + delay)


def waiting_for_image(delivery: Delivery, image: str, reason: str, now: float, timeout: float) -> Settlement:
    """Return when the registry is asked again for a delivery's image; its end where it waited too long.

    Args:
        delivery: The delivery.
        image: The image.
        reason: What the registry said.
        now: The time.
        timeout: The seconds that an image is waited for.
    """
    waited = delivery.waited if delivery.waiting_for == image else 0.0
    if waited >= timeout:
        told = f"{image} did not come within {timeout:g} s: {reason}"
        return Settlement(delivery.id, "failed", "gave-up", told, waiting_for=image, waited=waited)
    delay = min(_next_look(waited), timeout - waited)
    return Settlement(
        delivery.id,
        "waiting",
        reason=f"waits for {image}: {reason}",
        not_before=now + delay,
        waiting_for=image,
        waited=waited + delay,
    )


def after_writing(work: Work, outcomes: Sequence[Outcome], now: float, luck: float) -> Settlement:
    """Return what became of a delivery whose changes were written.

    Args:
        work: What it asked for.
        outcomes: What the writer says of each part.
        now: The time.
        luck: As in `after_failure`.
    """
    delivery = work.delivery
    failed = [(outcome.error, outcome.is_branchs) for outcome in outcomes if outcome.error is not None]
    if passing := next((error for error, branchs in failed if branchs or isinstance(error, TemporaryError)), None):
        return after_failure(delivery, passing, now, luck)
    errors = [error for error, _ in failed]
    commit = next((outcome.commit for outcome in reversed(outcomes) if outcome.commit), "")
    notes = [*work.notes, *(note for outcome in outcomes if outcome.change for note in outcome.change.notes)]
    if errors:
        told = "\n".join([*map(str, errors), *notes])
        return Settlement(delivery.id, "failed", "refused", told, commit, attempts=delivery.attempts + 1)
    if not work.steps:
        return superseded(delivery, work.superseded)
    result: Result = "committed" if commit else "unchanged"
    return Settlement(delivery.id, "done", result, "\n".join(notes), commit, _effects(work))


def with_arrivals(
    settlements: Sequence[Settlement], arrived: Callable[[Collection[str]], Mapping[str, str]], *, merged: bool = False
) -> list[Settlement]:
    """Return what became of deliveries, with the commits that arrived where these need not be those that were made.

    What is there already and was brought by the delivery itself was pushed before, and nobody heard of it: the push was
    not answered, or we were killed behind it.

    Args:
        settlements: What became of each.
        arrived: Returns by delivery the commit that names it, for each of those that one names.
        merged: Whether commits are merged: then others of the same may have waited from before, or are made of them.
    """
    asked = {one.id for one in settlements if one.result == "unchanged" or (merged and one.commit)}
    found = arrived(asked) if asked else {}
    return [replace(one, result="committed", commit=found[one.id]) if one.id in found else one for one in settlements]


def with_winners(settlements: Sequence[Settlement], works: Sequence[Work], now: float) -> list[Settlement]:
    """Return what became of a batch, in which no delivery ends as superseded before what supersedes it has an effect.

    Args:
        settlements: What became of each.
        works: What each asked for, in the same order.
        now: The time.
    """
    by_id = {settlement.id: settlement for settlement in settlements}

    def one(settlement: Settlement, work: Work) -> Settlement:
        pending = [by_id[winner] for winner in work.superseded if by_id[winner].state != "done"]
        if not pending or settlement.state != "done":
            return settlement
        told = f"{pending[0].id}, which is newer, has no effect yet: {pending[0].reason}"
        later = max(pending[0].not_before, now + _FIRST_DELAY)
        return Settlement(work.delivery.id, "waiting", reason=told, not_before=later)

    return [one(settlement, work) for settlement, work in zip(settlements, works, strict=True)]


def _next_look(waited: float) -> float:
    """Return the seconds until the registry is asked again: a quarter of what was waited already, from 5 s to 60 s.

    Args:
        waited: The seconds that were waited so far, counted by the waits themselves: a clock may jump.
    """
    return min(_LONGEST_LOOK, max(_FIRST_LOOK, waited * _SHARE))


def _effects(work: Work) -> tuple[str, ...]:
    return tuple(
        f"{step.intent.app}/{step.intent.environment}" for step in work.steps if isinstance(step.intent, SetVersion)
    )
