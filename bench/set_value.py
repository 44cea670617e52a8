"""Setting one value in every manifest of a corpus, byte-exactly, beside a ruamel.yaml round trip of the same files.

The corpus is the folder that `GITOPSMITH_CORPUS` names, else `../shared/corpus` beside the checkout, else files that
this benchmark makes.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path as Folder
from time import perf_counter
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bench.result import Result
from generator.core.yamltext import Path, set_value

VALUE = "9.9.9-bench"
MADE = """\
# Made for the benchmark: number {number}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  labels: {{app.kubernetes.io/name: app-{number}, tier: "web"}}
spec:
  replicas: {number}   # by hand
  template:
    spec:
      containers:
      - name: app
        image: ghcr.io/acme/app-{number}:1.2.{number}
        command: ["/bin/app", '--verbose']
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{number}
data:
  settings: |
    level = info
    # not a comment
"""


@dataclass(frozen=True)
class Job:
    """One file, and its first value that is a string.

    Attributes:
        data: The file.
        document: Which of its documents.
        path: Where the value stands.
        start: Where it starts in the text.
        end: Where it ends.
    """

    data: bytes
    document: int
    path: Path
    start: int
    end: int


def folder() -> Folder:
    """Return where the manifests of the corpus are, whether they are there or not."""
    named = os.environ.get("GITOPSMITH_CORPUS")
    return Folder(named or Folder(__file__).parents[2] / "shared" / "corpus") / "manifests"


def manifests() -> list[bytes]:
    """Return the YAML files of the corpus, or as many made ones."""
    files = sorted(path for path in folder().rglob("*") if path.suffix in {".yaml", ".yml"})
    if files:
        return [path.read_bytes() for path in files]
    print(f"set_value: no corpus at {folder()} (set GITOPSMITH_CORPUS); on files made for this instead")
    return [MADE.format(number=number).encode() for number in range(80)]


def job(data: bytes) -> Job | None:
    """Return what to do in a file; None when it is not YAML to both, or holds no string."""
    try:
        roots = list(yaml.compose_all(data, Loader=yaml.CSafeLoader))
        round_trip(data)
    except (yaml.YAMLError, YAMLError):
        return None
    found = ((number, *one) for number, root in enumerate(roots) for one in strings(root, Path()))
    for number, path, node in found:
        return Job(data, number, path, node.start_mark.index, node.end_mark.index)
    return None


def strings(node: yaml.Node, path: Path) -> Iterator[tuple[Path, Any]]:
    """Give every string below a node with its path, through keys that are strings."""
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str"):
        yield path, node
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from strings(item, path / number)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag.endswith(":str"):
                yield from strings(value, path / key.value)


def round_trip(data: bytes, document: int = 0, path: Path | None = None) -> bytes:
    """Load all documents, set the value, and write them, as ruamel.yaml's users do."""
    parser = YAML()
    documents = list(parser.load_all(data))
    if path is not None:
        holder, key = documents, document
        for step in path.steps:
            holder, key = holder[key], step  # type: ignore[assignment]
        holder[key] = VALUE
    written = io.BytesIO()
    parser.dump_all(documents, written)
    return written.getvalue()


def ours(one: Job) -> bytes:
    """Set the value byte-exactly."""
    return set_value(one.data, one.path, VALUE, document=one.document)


def theirs(one: Job) -> bytes:
    """Set the value by a round trip."""
    return round_trip(one.data, one.document, one.path)


def kept(one: Job, result: bytes) -> bool:
    """Tell whether a result has every byte outside the value."""
    text, new = one.data.decode(), result.decode()
    return new.startswith(text[: one.start]) and new.endswith(text[one.end :])


def best(work: Callable[[Job], bytes], jobs: list[Job], rounds: int) -> float:
    """Return the shortest time of several rounds over all files."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        for one in jobs:
            work(one)
        times.append(perf_counter() - start)
    return min(times)


def main() -> Result:
    """Measure, and check the bytes of every file."""
    jobs = [one for one in map(job, manifests()) if one is not None]
    good = sum(kept(one, ours(one)) for one in jobs)
    also = sum(kept(one, theirs(one)) for one in jobs)
    assert good == len(jobs), f"only {good} of {len(jobs)} files kept their other bytes"
    return Result(
        what=f"set a value in {len(jobs)} manifests, 100 % of the other bytes kept",
        ours=best(ours, jobs, 9),
        theirs=best(theirs, jobs, 3),
        beside=f"ruamel.yaml round trip ({also} of {len(jobs)} files kept theirs)",
        bar=20,
    )


if __name__ == "__main__":
    print(main())
