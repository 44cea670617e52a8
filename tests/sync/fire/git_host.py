"""A host of git repositories that can be away: git's own daemon behind a port that stays the tests' own."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class GitHost:
    """Serves the bare repositories in a folder to everybody, who may push as well.

    Attributes:
        root: The folder.
        port: Where it is, on the loopback.
        asked: Whether anybody waits for an answer that does not come.
    """

    root: Path
    port: int
    asked: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket | None = None
    _serving: threading.Thread | None = None
    _held: list[socket.socket] = field(default_factory=list)
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the folder."""
        return f"git://127.0.0.1:{self.port}"

    def come_back(self) -> None:
        """Answer who asks, and nobody who asked before."""
        self._begin(self._answer)

    def hang(self) -> None:
        """Take connections, and say nothing on them."""
        self._begin(self._hold)

    def go_away(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._listener is not None and self._serving is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._serving.join()
            self._listener.close()
        self._listener = self._serving = None
        for connection in self._held:
            connection.close()
        for child in self._children:
            child.kill()
            child.wait()
        self._held.clear()
        self._children.clear()
        self.asked.clear()

    def _begin(self, take: Callable[[socket.socket], None]) -> None:
        self.go_away()
        self._listener = _bound(self.port)
        self._listener.listen(64)
        self._serving = threading.Thread(target=_accept, args=(self._listener, take))
        self._serving.start()

    def _hold(self, connection: socket.socket) -> None:
        self._held.append(connection)
        self.asked.set()

    def _answer(self, connection: socket.socket) -> None:
        command = ["git", "daemon", "--inetd", "--export-all", "--enable=receive-pack", f"--base-path={self.root}"]
        with connection:
            child = subprocess.Popen(
                command, stdin=connection.fileno(), stdout=connection.fileno(), stderr=subprocess.DEVNULL
            )
        self._children.append(child)


def _bound(port: int) -> socket.socket:
    """Return a socket on a port that another one of ours may be bound to as well."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", port))
    return found


def _accept(listener: socket.socket, take: Callable[[socket.socket], None]) -> None:
    with suppress(OSError):  # it was shut down
        while True:
            take(listener.accept()[0])


@contextmanager
def git_host(root: Path) -> Iterator[GitHost]:
    """Yield a host that serves."""
    # It never listens: as long as nobody else does, connections are refused, and nobody else gets the port.
    with _bound(0) as keeper:
        host = GitHost(root, keeper.getsockname()[1])
        host.come_back()
        try:
            yield host
        finally:
            host.go_away()
