"""`gitopsmith reconcile`: a pass by hand, over the inbox of a server that may run beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.sync.settlement import Settlement
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.cli.conftest import Run
from tests.registries.scripted_server import ScriptedServer, found, reply, serving
from tests.sync.told import delivery, release

IMAGE, RULE = "image: ghcr.io/stefanprodan/podinfo", "- environment: staging\n"


@pytest.fixture
def registry() -> Iterator[ScriptedServer]:
    """A registry that has no image."""
    with serving(lambda _: reply(404)) as server:
        yield server


@pytest.fixture
def inbox(out: Path) -> Iterator[Inbox]:
    """The inbox of the example."""
    with open_database(f"sqlite:///{out}/sync.db") as database:
        yield Inbox(database)


@pytest.fixture
def gated(out: Path, git: Callable[..., str], registry: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, with an app whose releases wait for their images, and no credentials for GitHub."""
    monkeypatch.delenv("GITOPSMITH_TOKEN", raising=False)
    document = out / "acme-apps/acme-gitops/apps/podinfo.yaml"
    text = document.read_text()
    assert (text.count(IMAGE), text.count(RULE)) == (1, 1)
    text = text.replace(IMAGE, f"image: {registry.host}/podinfo")
    document.write_text(text.replace(RULE, f"{RULE}      waitForImage: true\n"))
    git(document.parent, "commit", "--quiet", "--all", "--message", "Wait for images")
    return out


# However long an image was waited for: whoever serves was told when to give up, and this pass was not.
@pytest.mark.parametrize("waited", [0.0, 7200.0])
def test_what_waits_for_its_image_goes_on_waiting_and_is_committed_once_that_is_there(
    gated: Path, inbox: Inbox, registry: ScriptedServer, run: Run, waited: float
) -> None:
    def reconciled() -> None:
        ran = run(gated, "reconcile", "--database-url", f"sqlite:///{gated}/sync.db")
        assert ran.code == 0, ran.err

    name = f"{registry.host}/podinfo"
    news = delivery("release", release("v7.0.0"))
    inbox.add(news)
    inbox.settle([Settlement(news.id, "waiting", waiting_for=f"{name}:7.0.0", waited=waited)], 0.0)
    reconciled()
    waiting = inbox.get(news.id)
    assert (waiting.state, waiting.waiting_for) == ("waiting", f"{name}:7.0.0")
    assert waiting.reason.startswith(f"waits for {name}:7.0.0: ")
    registry.script = lambda _: found()
    inbox.wake(name, ["7.0.0"])
    reconciled()
    assert (inbox.get(news.id).state, inbox.get(news.id).result) == ("done", "committed")
