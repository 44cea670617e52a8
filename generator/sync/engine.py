"""Runs the work durably and one at a time: DBOS's queues, and a pump that feeds them.

The inbox is the truth, and the engine's own tables are not: a drain that is lost is started anew, because what it would
have taken still waits. So the workflows of dead processes are cancelled, whatever version of ours began them, and
nothing is stranded by an upgrade.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from generator.core.errors import GitopsmithError
from generator.sync import workflows
from generator.sync.reports.reports_table import Reports
from generator.sync.store.database_failures import explain
from generator.sync.store.inbox import Inbox

DRAIN, RECONCILE = "drain", "reconcile"

_SHAPE = "1"
"""The version of our workflows' shape: another one is not continued. It is not the product's version."""

_POLLING = {DRAIN: 0.05, RECONCILE: 1.0}
"""How often each queue is looked into, in seconds: what came is waited for, and a pass is not."""
_BATCHES = 100
_BEATS = 6
"""How often a process says that it lives before it would be taken for dead."""
_TIDYING = 600.0
_STOPPING = 30.0
_BREATH = 1.0
"""The seconds to wait after a failure: that of the database comes at once as long as its disk is full."""

_log = structlog.get_logger(__name__)


@dataclass
class Engine:
    """What runs the work of one organization, in one process of perhaps several.

    Attributes:
        database: Where DBOS keeps what it runs: the URL of SQLite or PostgreSQL.
        executor: The name of this process, the same after a restart, another one for each process.
        target: The application repository, `owner/name`: one drain runs for it at a time, in whatever process.
        inbox: What is drained.
        drain: Drains one batch; says whether anything was due.
        reconcile: Makes one pass.
        period: The seconds between two passes.
        silence: The seconds after which another process that says nothing is taken for dead.
        clock: The time, in seconds since 1970.
        reports: What GitHub should be told, which is tidied and taken over as the inbox is.
    """

    database: str
    executor: str
    target: str
    inbox: Inbox
    drain: Callable[[], bool]
    reconcile: Callable[[], None]
    period: float
    silence: float
    clock: Callable[[], float]
    reports: Reports
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _idle: threading.Event = field(default_factory=threading.Event)
    _pump: threading.Thread | None = None
    _queues: dict[str, Any] = field(default_factory=dict)
    _workflows: dict[str, Any] = field(default_factory=dict)
    _at_work: set[str] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _is_new: bool = True
    _beaten: float = 0.0
    _tidied: float = 0.0
    _has_old: bool = False

    def start(self) -> None:
        """Launch DBOS and the pump; what this process left when it died is ended first.

        Raises:
            TemporaryError: The database is away, locked or full.
            UserError: It does not let us in.
        """
        try:
            self._launch()
        except SQLAlchemyError as error:
            raise explain(error, "DBOS") or error from error
        self._pump = threading.Thread(target=self._run, name="pump", daemon=True)
        self._pump.start()

    def _launch(self) -> None:
        from dbos import DBOS  # noqa: PLC0415 - slow to import

        DBOS(
            config={
                "name": "gitopsmith",
                "system_database_url": self.database,
                "application_version": _SHAPE,
                "executor_id": self.executor,
                "notification_listener_polling_interval_sec": 1.0,
                "log_level": "WARNING",
                "use_listen_notify": False,
            }
        )
        self._workflows = {
            # DBOS marks the functions that it is given, which it cannot do with methods.
            DRAIN: DBOS.workflow(name=DRAIN)(partial(self._drain_all)),
            RECONCILE: DBOS.workflow(name=RECONCILE)(partial(self._reconcile_once)),
        }
        self._idle.set()
        DBOS.launch()
        for name, polling in _POLLING.items():
            # One at a time, in all processes together.
            self._queues[name] = DBOS.register_queue(
                self._queue(name), global_concurrency=1, polling_interval_sec=polling, on_conflict="always_update"
            )
        self._end_left([self.executor])

    def nudge(self) -> None:
        """Look into the inbox at once: something came."""
        self._wake.set()

    def stop(self) -> None:
        """Let the batch under way finish, bounded in time, and stop; what still waits is for the next process."""
        from dbos import DBOS  # noqa: PLC0415 - slow to import

        self._stopping.set()
        self._wake.set()
        if self._pump is not None:
            self._pump.join(_STOPPING)
        self._idle.wait(_STOPPING)
        self.inbox.leave(self.executor)
        DBOS.destroy()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._feed()
            except (GitopsmithError, SQLAlchemyError) as error:
                _warn("the database cannot be used", error)
                pause = _BREATH
            except Exception:
                _log.exception("the pump stumbled, and goes on")
                pause = _BREATH
            self._wake.wait(pause)
            self._wake.clear()

    def _feed(self) -> float:
        """Enqueue what is due, look after other processes, and return the seconds until there may be more to do."""
        now = self.clock()
        if abs(now - self._beaten) >= self.silence / _BEATS:
            self._beaten = now
            self._look_after_others()
            self._enqueue(RECONCILE, self._pass(now))
        if self._has_old:
            # With each turn, for what is due must not wait until all is forgotten.
            self._has_old = workflows.forget_old()
        if not self._idle.is_set():
            # Our own drain looks again after each batch, and at its end has us look.
            return 1.0
        due = self.inbox.next_due(now)
        if due is None or due > 0:
            return min(1.0, due if due is not None else 1.0)
        if not self._enqueue(DRAIN, None):
            # While a drain runs, its name is taken. What came after its last look is due still: it is asked for again,
            # though not with each delivery that comes: to be refused is a transaction, too.
            self._stopping.wait(_POLLING[DRAIN])
            return 0.0
        return 1.0

    def _pass(self, now: float) -> str:
        """Return the id of the pass that it is time for; an id is taken once, so that the same again is no other pass.

        The slot of a time is the same for all processes: one pass per period in all. A process that has just been
        started makes one nevertheless, for it cannot know what it missed.
        """
        slot = f"{RECONCILE}-{self.target}-{int(now // self.period)}"
        if self._is_new and workflows.known(slot):
            slot = f"{slot}-{self.executor}-{now:.0f}"
        self._is_new = False
        return slot

    def _enqueue(self, name: str, workflow_id: str | None) -> bool:
        """Enqueue a workflow, unless one of its name waits or runs already."""
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, error  # noqa: PLC0415 - slow to import

        try:
            with (
                SetEnqueueOptions(deduplication_id=self._queue(name)),
                SetWorkflowID(workflow_id) if workflow_id else nullcontext(),
            ):
                DBOS.enqueue_workflow(self._queue(name), self._workflows[name])
        except error.DBOSQueueDeduplicatedError:
            return False
        return True

    def _queue(self, name: str) -> str:
        return f"{name}:{self.target}"

    def _drain_all(self) -> None:
        from dbos import DBOS  # noqa: PLC0415 - slow to import

        self._idle.clear()
        try:
            with self._working():
                for _ in range(_BATCHES):
                    if self._stopping.is_set() or not DBOS.run_step({"name": "batch"}, self.drain):
                        return
        finally:
            self._idle.set()
            self._wake.set()

    def _reconcile_once(self) -> None:
        from dbos import DBOS  # noqa: PLC0415 - slow to import

        with self._working():
            DBOS.run_step({"name": "pass"}, self.reconcile)
        self._wake.set()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Know that the workflow runs while the block does, and tell of a failure, which nobody waits for."""
        from dbos import DBOS  # noqa: PLC0415 - slow to import

        name = str(DBOS.workflow_id)
        self._at_work.add(name)
        try:
            yield
        except (GitopsmithError, SQLAlchemyError) as error:
            _warn("the database cannot be used", error)
            self._stopping.wait(_BREATH)
            raise
        except Exception:
            # DBOS logs it. What fails at once would be begun again at once.
            self._stopping.wait(_BREATH)
            raise
        finally:
            self._at_work.discard(name)

    def _look_after_others(self) -> None:
        """Say that this process lives, and end what the ones left that do not."""
        self.inbox.beat(self.executor)
        self._end_lost()
        dead = [name for name in self.inbox.take_over(self.silence) if name != self.executor]
        if dead:
            _log.warning("took over from processes that are silent", processes=dead)
            self._end_left(dead)
            for name in dead:
                self.reports.give_back(name)
                self.inbox.leave(name)
        now = self.clock()
        if abs(now - self._tidied) >= _TIDYING:
            self._tidied = now
            self.inbox.prune(now)
            self.reports.prune(now)
            self._has_old = True

    def _end_left(self, executors: list[str]) -> None:
        for workflow in workflows.left(executors):
            workflows.cancel(workflow)

    def _end_lost(self) -> None:
        """End what DBOS takes for running in this process, and is not: it could not write down that it ended.

        It would keep its name, and nothing of that name would be run any more. What only begins or ends now is spared:
        it is not there any more, or at work, when it is looked for again.
        """
        lost = workflows.left([self.executor]) - self._at_work
        for workflow in lost & self._lost:
            _log.warning("ended what could not say that it ended", workflow=workflow)
            workflows.cancel(workflow)
        self._lost = lost


def _warn(event: str, error: GitopsmithError | SQLAlchemyError) -> None:
    """Tell of a failure of the database; of one that DBOS saw without its statement, which may be long."""
    explained = explain(error, "DBOS") if isinstance(error, SQLAlchemyError) else None
    _log.warning(event, reason=str(explained or error))
