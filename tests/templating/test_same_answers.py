"""Questions are answered as copier answers them: types, choices, conditions, computed values and records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.core.tree import MemoryTree

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))


def _probe(config: str) -> str:
    """Return a file that shows the type and value of every answer, and the record."""
    names = [name for name in yaml.safe_load(config) if not name.startswith("_")]
    start, end = ("<<", ">>") if "<<" in config else ("{{", "}}")
    lines = [f"{name}: {start} ({name} | type_debug) if {name} is defined {end} {start} {name} {end}" for name in names]
    return "\n".join([*lines, f"{start} _copier_answers | to_nice_yaml {end}"])


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_answers_as_copier_answers(
    case: dict[str, Any],
    write: Callable[[Mapping[str, str]], Path],
    oracle: Callable[[Path, Mapping[str, object]], MemoryTree],
    ours: Callable[[Path, Mapping[str, object]], MemoryTree],
) -> None:
    data = case.get("data", {})
    folder = write({"copier.yml": case["config"], "probe.jinja": _probe(case["config"])})
    expected = oracle(folder, data).get("probe")
    actual = ours(folder, data).get("probe")
    assert expected is not None
    assert actual is not None
    assert actual.data.decode() == expected.data.decode()
