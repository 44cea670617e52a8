"""The process in which copier renders a template: reads what to do from standard input, answers in a file.

Run as `python -m generator.templating.copier_process`. It is a process of its own because copier changes
directories, runs the template's tasks and imports its extensions, none of which may reach ours.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from generator.templating.casting import RECORDABLE


@dataclass(frozen=True)
class Order:
    """What copier shall do.

    Attributes:
        source: The template's folder.
        target: The folder to render to.
        report: The file that takes the answers.
        data: The answers that are given.
    """

    source: str
    target: str
    report: str
    data: dict[str, Any]

    def dumps(self) -> str:
        """Return the order as text."""
        return yaml.safe_dump(asdict(self))


def main() -> int:
    """Do what standard input orders and return the exit code; what went wrong stands on standard error."""
    # Copier takes half a second to import and is needed in this process only.
    import copier  # noqa: PLC0415
    from copier.errors import CopierError  # noqa: PLC0415

    order = Order(**yaml.safe_load(sys.stdin))
    try:
        worker = copier.run_copy(
            order.source,
            order.target,
            data=order.data,
            settings=copier.Settings(),
            defaults=True,
            quiet=True,
            unsafe=True,
        )
    except (CopierError, ValueError, TypeError) as error:
        print(str(error) or type(error).__name__, file=sys.stderr)  # noqa: T201 - read by the parent process
        return 1
    except Exception:  # a template may run any code, and it may fail in any way
        traceback.print_exc(limit=1)
        return 1
    Path(order.report).write_text(yaml.safe_dump(_answers(worker), sort_keys=False), encoding="utf-8")
    return 0


def _answers(worker: Any) -> dict[str, dict[str, Any]]:
    """Return what copier answered, in the order of its questions."""
    template, answers = worker.template, worker.answers
    values = {name: answers.user[name] for name in template.questions_data if name in answers.user}
    recorded = {
        name: value
        for name, value in values.items()
        if name not in answers.hidden and name not in template.secret_questions and isinstance(value, RECORDABLE)
    }
    return {"values": values, "recorded": recorded}


if __name__ == "__main__":
    sys.exit(main())
