"""Somebody opens connections without end and wants nothing: deliveries are taken and become commits all the same."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.sync.fire.effects import ACCEPTED, assert_each_has_one_effect, ids_of, news, settled
from tests.sync.served import eventually, serving

FEW_FILES = ("bash", "-c", 'ulimit -n 160 && exec "$@"', "few-files")


def test_who_only_holds_connections_keeps_no_delivery_out(workspace: Path, remote: Path, tmp_path: Path) -> None:
    log, url = tmp_path / "serve.log", f"sqlite:///{tmp_path}/sync.db"
    arguments = ["--workspace", str(workspace), "--push", "--database-url", url]
    with serving(arguments, log, enter=FEW_FILES) as server, ExitStack() as idle:
        deliveries = news(8, random.Random(8))
        for delivery in deliveries:
            for _ in range(50):
                idle.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            assert server.deliver(delivery) == ACCEPTED
        eventually(settled(url, ids_of(deliveries)), "every delivery has its end")
        assert_each_has_one_effect(remote, url, deliveries)
        assert server.stop() == 0
    text = log.read_text()
    assert "Too many open files" not in text
    assert text.count("more connections than there is room for") == 1
