"""One file at a time: its YAML, its objects by themselves, and a record of them for what is checked between files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from generator.checking.documents import Content, Document, Path, Problem, read
from generator.checking.findings import Finding, Severity
from generator.checking.identity import check_identity
from generator.checking.kustomize import check_fields
from generator.checking.layout import Role
from generator.checking.marks import check_marks, suspect
from generator.checking.model import CheckedRepository, Fault, Manifest, Place, dotted, mapping, sequence
from generator.checking.schema import faults, unserved
from generator.checking.secret_data import check_secret, check_secret_generators, is_encrypted

_KEPT = frozenset({"Application", "AppProject", "CustomResourceDefinition"})
"""Kinds whose body is kept, because other objects are held against them."""
_MARK_STARTS = ("{{", "{%")


class Stray(NamedTuple):
    """A document that is no object, in a file that may turn out to be read as manifests."""

    path: str
    line: int
    column: int
    what: str


class _Doubts(NamedTuple):
    """What decides how much of an object must be looked at.

    Attributes:
        has_null: Whether a null may stand in it.
        marked: Whether tokens or template marks may stand in it.
        partial: Whether Kustomize completes it.
    """

    has_null: bool
    marked: bool
    partial: bool


class Inspection:
    """What the files of one repository hold; grows file by file.

    Attributes:
        findings: What is wrong inside single files.
        manifests: The objects of each file.
        strays: The documents of each file that are no objects.
        kustomizations: The values of the kustomizations by path.
    """

    def __init__(self, repository: CheckedRepository) -> None:
        self.repository = repository
        self.findings: list[Finding] = []
        self.manifests: dict[str, list[Manifest]] = {}
        self.strays: dict[str, list[Stray]] = {}
        self.kustomizations: dict[str, dict[str, Any]] = {}
        self._last: tuple[str, Content] | None = None

    def read_kustomization(self, path: str) -> None:
        """Read a kustomization before the roles of the other files are known; its findings come with `inspect`."""
        content = self._content(path)
        if content.documents and isinstance(content.documents[0].value, dict):
            self.kustomizations[path] = content.documents[0].value

    def inspect(self, path: str, role: Role) -> None:
        """Check one file by itself and record its objects."""
        stored = self.repository.tree.get(path)
        if stored is None:
            return
        content = read(stored.data)
        self._last = path, content
        self.findings.extend(self._problem(path, problem, stored.data) for problem in content.problems)
        marked = suspect(stored.data)
        for number, document in enumerate(content.documents):
            place = Place(self.repository.name, path, number, ())
            for fault in self._document(place, document, role, marked):
                self.add(place, fault)

    def add(self, place: Place, fault: Fault) -> None:
        """Record a finding about an object, at the line of its key."""
        content = self._content(place.path)
        path = (*place.at, *fault.path)
        line, column = content.documents[place.document].position(path)
        self.findings.append(
            Finding(
                fault.severity,
                fault.rule,
                self.repository.name,
                place.path,
                line,
                column,
                dotted(path),
                fault.message,
                fault.hint,
            )
        )

    def add_to_file(self, path: str, fault: Fault) -> None:
        """Record a finding about the first document of a file."""
        self.add(Place(self.repository.name, path, 0, ()), fault)

    def _content(self, path: str) -> Content:
        if self._last is None or self._last[0] != path:
            stored = self.repository.tree.get(path)
            self._last = path, read(stored.data if stored else b"")
        return self._last[1]

    def _problem(self, path: str, problem: Problem, data: bytes) -> Finding:
        rule, hint = "yaml-syntax", "Mend the YAML here or a little above."
        if problem.duplicate:
            rule, hint = "duplicate-key", "Keep one of the two; YAML readers take the last."
        elif _stands_at_mark(problem, data):
            rule, hint = "template-mark", "Render the template, or move it out of the folders of manifests."
        message = problem.message if problem.duplicate else f"This is not YAML: {problem.message}."
        if problem.duplicate:
            message = f"The {message.removeprefix('the ')}."
        name = self.repository.name
        return Finding(Severity.ERROR, rule, name, path, problem.line, problem.column, problem.key, message, hint)

    def _document(self, place: Place, document: Document, role: Role, marked: bool) -> Iterator[Fault]:
        value = document.value
        if role is Role.KUSTOMIZATION:
            yield from self._kustomization(place.path, value)
        elif role is Role.CHART:
            yield from _chart(value)
        elif role is Role.PATCH:
            yield from _patch(value, _Doubts(document.has_null, marked, True))
        elif not _is_object(value):
            if value is not None:
                line, column = document.position(())
                self.strays.setdefault(place.path, []).append(Stray(place.path, line, column, _missing(value)))
        elif role in {Role.MANIFEST, Role.BASE}:
            for at, item in _unpacked(value, ()):
                yield from self._object(
                    place._replace(at=at), item, _Doubts(document.has_null, marked, role is Role.BASE)
                )

    def _object(self, place: Place, value: Any, doubts: _Doubts) -> Iterator[Fault]:
        if not _is_object(value):
            yield Fault(place.at, f"An item of the list is no object: {_missing(value)}.")
            return
        manifest = _manifest(place, value)
        self.manifests.setdefault(place.path, []).append(manifest)
        for fault in _check_object(value, doubts):
            yield Fault((*place.at, *fault.path), fault.message, fault.hint, fault.rule, fault.severity)

    def _kustomization(self, path: str, value: Any) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault((), "A kustomization must be a mapping.", "Write `resources:` and its list.", "kustomization")
            return
        self.kustomizations[path] = value
        yield from check_fields(value)
        yield from check_secret_generators(value)


def _check_object(value: dict[str, Any], doubts: _Doubts) -> Iterator[Fault]:
    """Yield everything that is wrong with one object by itself."""
    api_version, kind = value["apiVersion"], value["kind"]
    marks = list(check_marks(value, api_version, kind)) if doubts.marked else []
    yield from marks
    if is_encrypted(value):
        return
    # What a mark has spoilt breaks other rules too; once is enough.
    spoilt = {fault.path for fault in marks}
    others = (_schema(value, doubts), check_identity(value, api_version, kind), check_secret(value, api_version, kind))
    for found in others:
        yield from (fault for fault in found if fault.path not in spoilt)


def _schema(value: dict[str, Any], doubts: _Doubts) -> Iterator[Fault]:
    api_version, kind = value["apiVersion"], value["kind"]
    gone = unserved(api_version, kind)
    yield from [gone] if gone else faults(value, api_version, kind, doubts.has_null, doubts.partial)


def _patch(value: Any, doubts: _Doubts) -> Iterator[Fault]:
    """Yield what is wrong with a patch; a list of JSON patches has no object to hold it against."""
    if not _is_object(value):
        return
    if doubts.marked:
        yield from check_marks(value, value["apiVersion"], value["kind"])
    if not is_encrypted(value):
        yield from _schema(value, doubts)
        yield from check_secret(value, value["apiVersion"], value["kind"])


def _chart(value: Any) -> Iterator[Fault]:
    """Yield what Helm requires of a `Chart.yaml`; https://helm.sh/docs/topics/charts/ (v3)."""
    for field in ("apiVersion", "name", "version"):
        if not mapping(value).get(field):
            yield Fault(
                (), f"The chart has no `{field}`.", "Helm requires `apiVersion`, `name` and `version`.", "chart"
            )
    for index, dependency in enumerate(sequence(mapping(value).get("dependencies"))):
        if not mapping(dependency).get("name"):
            yield Fault(("dependencies", index), "A dependency of the chart has no `name`.", "Name its chart.", "chart")


def _unpacked(value: dict[str, Any], at: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the objects of a list, or the object itself; a typed list's items may leave out their kind."""
    items = value.get("items", ())
    if not value["kind"].endswith("List") or not (items is None or isinstance(items, list)):
        yield at, value
        return
    kind = value["kind"].removesuffix("List")
    inherited = {"apiVersion": value["apiVersion"], "kind": kind} if kind else {}
    for index, entry in enumerate(items or ()):
        item = {**inherited, **entry} if isinstance(entry, dict) else entry
        place = (*at, "items", index)
        if _is_object(item):
            yield from _unpacked(item, place)
        else:
            yield place, item


def _is_object(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("apiVersion"), str)
        and isinstance(value.get("kind"), str)
        and bool(value["apiVersion"] and value["kind"])
    )


def _missing(value: Any) -> str:
    if not isinstance(value, dict):
        return "it is no mapping"
    return (
        " and ".join(f"`{key}`" for key in ("apiVersion", "kind") if not isinstance(value.get(key), str)) + " missing"
    )


def _manifest(place: Place, value: dict[str, Any]) -> Manifest:
    metadata = mapping(value.get("metadata"))
    namespace, name = metadata.get("namespace"), metadata.get("name")
    kind = value["kind"]
    return Manifest(
        place,
        value["apiVersion"],
        kind,
        namespace if isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
        value if kind in _KEPT else None,
    )


def _stands_at_mark(problem: Problem, data: bytes) -> bool:
    """Return whether the parser stumbled over a mark of a template language on its line."""
    lines = data.splitlines()
    line = lines[problem.line - 1] if problem.line <= len(lines) else b""
    return any(mark in line.decode("utf-8", "replace") for mark in _MARK_STARTS)
