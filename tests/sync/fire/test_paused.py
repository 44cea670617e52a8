"""The process is paused, as a machine does that moves it: nobody answers meanwhile, and then it goes on."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest
import requests

from tests.sync.fire.effects import ACCEPTED, assert_each_has_one_effect, ids_of, news, settled
from tests.sync.served import Server, eventually


@pytest.mark.parametrize("seconds", [1.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_a_process_that_was_paused_goes_on(server: Server, workspace: Path, remote: Path, seconds: float) -> None:
    *early, missed = news(10, random.Random(4))
    for one in early:
        assert server.deliver(one) == ACCEPTED
    server.send(signal.SIGSTOP)
    assert server.deliver(missed, timeout=seconds / 2) == 0, "nobody answers, and GitHub counts it as failed"
    with pytest.raises(requests.Timeout):
        requests.get(f"http://127.0.0.1:{server.port}/livez", timeout=seconds / 2)
    server.send(signal.SIGCONT)
    assert server.deliver(missed) == ACCEPTED
    every = [*early, missed]
    eventually(settled(workspace, ids_of(every)), "each has its end")
    assert_each_has_one_effect(remote, workspace, every)
    assert server.unready() == []
    assert server.counted("queue_deliveries", state="waiting") == 0
