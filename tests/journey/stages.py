"""The journey of a user and an app, from `connect` to `disconnect`, in stages of which each can be walked by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.github_double.model import PullRequest
from tests.journey.companion import Companion
from tests.journey.organization import PROMOTION, PROPOSED, SOURCE
from tests.journey.world import World

_PASSES = 4
"""After so many passes all is as it shall be, or something is wrong."""

Until = Callable[[], bool]
"""Returns whether all is as it shall be."""


@dataclass(frozen=True)
class Stage:
    """A part of the journey.

    Attributes:
        name: What happens.
        walk: Lets it happen.
    """

    name: str
    walk: Callable[[World, Until], None]


def _connect(world: World, _: Until) -> None:
    world.begin()
    world.insist(
        "connect", "acme", "--app-org", "acme-apps", "-w", "out", *(["--protect"] if world.way.is_ruled else [])
    )


def _ask(world: World, _: Until) -> None:
    """Ask what is so, which has no other answer than a plain one."""
    world.begin()
    for verb in (["doctor", "--webhook-secrets", "secrets.yaml"], ["status"]):
        assert world.verb(*verb, "--workspace", "out").code in (0, 1)


def _start(world: World, is_so: Until) -> None:
    world.begin()
    world.serve(lambda server: _passed(world, server, is_so))


def _pass(world: World, is_so: Until) -> None:
    def act(server: Companion) -> None:
        world.begin()
        _passed(world, server, is_so)

    world.serve(act)


def _release(world: World, is_so: Until) -> None:
    def happen() -> None:
        world.github.by("ada").create_release(world.repository(SOURCE), "v6.7.1", target=world.commits["6.7.1"])

    _followed(world, happen, is_so)


def _rotate(world: World, _: Until) -> None:
    world.begin()
    world.insist("webhooks", "rotate", SOURCE, "--workspace", "out", "--push", *world.hooks())


def _promote(world: World, _: Until) -> None:
    world.begin()
    assert PROPOSED in world.insist(*PROMOTION)


def _merge(world: World, _: Until) -> None:
    world.begin()
    world.insist(*PROMOTION, "--merge")


def _open(world: World, is_so: Until) -> None:
    def happen() -> None:
        source, ada = world.repository(SOURCE), world.github.by("ada")
        ada.open_pull_request(source, "feat/colour", title="Greet in colour", sha=world.commits["green"])

    _followed(world, happen, is_so)


def _update(world: World, is_so: Until) -> None:
    def happen() -> None:
        world.github.by("ada").push_to(world.repository(SOURCE), _request(world), world.commits["blue"])

    _followed(world, happen, is_so)


def _close(world: World, is_so: Until) -> None:
    _followed(world, lambda: world.github.by("ada").close(world.repository(SOURCE), _request(world)), is_so)


def _disconnect(world: World, _: Until) -> None:
    world.begin()
    world.insist("disconnect", "acme", "-w", "out", "--yes", *world.hooks())
    said = world.insist("disconnect", "acme", "-w", "out", "--yes", *world.hooks())
    assert said.strip() == "Nothing is connected."


STAGES = (
    Stage("connect", _connect),
    Stage("start", _start),
    Stage("idle", _pass),
    Stage("ask", _ask),
    Stage("rotate", _rotate),
    Stage("release", _release),
    Stage("promote", _promote),
    Stage("merge", _merge),
    Stage("merged", _pass),
    Stage("open", _open),
    Stage("update", _update),
    Stage("close", _close),
    Stage("disconnect", _disconnect),
)


def _request(world: World) -> PullRequest:
    (found,) = world.repository(SOURCE).pull_requests
    return found


def _followed(world: World, happen: Callable[[], None], is_so: Until) -> None:
    """Let something happen on GitHub while the server runs, and the server do what follows from it."""

    def act(server: Companion) -> None:
        world.begin()
        with world.github.api.lock:
            happen()
        server.settle()
        for _ in range(_PASSES):
            if is_so():
                break
            server.reconcile()
        if world.thorough:
            server.reconcile()

    world.serve(act)


def _passed(world: World, server: Companion, is_so: Until) -> None:
    """Let passes of reconciliation come until one was whole and left nothing to be done."""
    for _ in range(_PASSES):
        before = world.struck
        server.reconcile()
        if world.struck == before and is_so():
            return
