"""What DBOS keeps of the workflows that were begun, whatever became of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

_RETENTION = timedelta(days=1)
_AT_ONCE = 500
"""How many workflows are forgotten at a time: the database is not kept from others for long."""


def left(executors: Collection[str]) -> set[str]:
    """Return the workflows that were begun by these processes, and did not end."""
    from dbos import DBOS  # noqa: PLC0415 - slow to import

    found = DBOS.list_workflows(status="PENDING", executor_id=list(executors), load_input=False, load_output=False)
    return {workflow.workflow_id for workflow in found}


def known(workflow: str) -> bool:
    """Return whether a workflow was enqueued before, whatever became of it."""
    from dbos import DBOS  # noqa: PLC0415 - slow to import

    return bool(DBOS.list_workflows(workflow_ids=[workflow], load_input=False, load_output=False))


def cancel(workflow: str) -> None:
    """End a workflow that no process runs."""
    from dbos import DBOS  # noqa: PLC0415 - slow to import

    DBOS.cancel_workflow(workflow)


def forget_old() -> bool:
    """Forget some of the workflows that ended more than a day ago, and return whether there may be more."""
    from dbos import DBOS  # noqa: PLC0415 - slow to import

    before = (datetime.now(UTC) - _RETENTION).isoformat()
    old = DBOS.list_workflows(completed_before=before, limit=_AT_ONCE, load_input=False, load_output=False)
    if old:
        DBOS.delete_workflows([workflow.workflow_id for workflow in old])
    return len(old) == _AT_ONCE
