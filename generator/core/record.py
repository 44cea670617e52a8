"""The record of an instance: the template, its version and the answers, enough to render the same bytes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.tree import Tree
from generator.core.version_field import VersionField
from generator.core.yamlload import load_all

BUILTIN = "builtin:"
"""Prefix of a template that ships with gitopsmith: `builtin:cluster`."""

CATALOG = "catalog:"
"""Prefix of a template in the organization's own catalog, in the platform repository: `catalog:cert-manager`."""

BUILTIN_ITEM = "builtin-item:"
"""Prefix of a catalog item that ships with gitopsmith, as it was copied into the catalog: `builtin-item:loki`."""

_HEADER = "# What this was rendered from. Written by gitopsmith; change it with the command that added it.\n"
_HINT = "Restore the file from git."
_KEPT = 1024  # the plans of a batch ask for the same records again and again


class _Dumper(yaml.CSafeDumper):
    """Writes a value that stands in two places twice: an anchor would tell where it was computed, not what it is."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (PyYAML asks for it of every value)
        return True


@dataclass(frozen=True)
class Record:
    """What an instance was rendered from.

    Attributes:
        template: The template's name with its prefix, `builtin:` or `catalog:`.
        digest: The digest of the template's files; another digest is another version of the template.
        answers: Every answer that is no secret, in the order of the questions.
        given: The answers among them that a person gave; the others are defaults, and follow the template's.
        version_fields: Where the versions stand that machines write.
    """

    template: str
    digest: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    version_fields: tuple[VersionField, ...] = ()

    @property
    def url(self) -> str:
        """The address of what was rendered; empty where the template asks for no host."""
        host = self.answers.get("host")
        if not isinstance(host, str) or not host:
            return ""
        return f"http{'' if self.answers.get('tls') is False else 's'}://{host}"

    def dump(self) -> bytes:
        """Return the record as the bytes of its file."""
        content: dict[str, Any] = {"template": self.template, "digest": self.digest, "answers": dict(self.answers)}
        if self.given:
            content["given"] = list(self.given)
        if self.version_fields:
            content["version_fields"] = [{"file": place.file, "path": place.path} for place in self.version_fields]
        text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
        return (_HEADER + text).encode()


@lru_cache(maxsize=_KEPT)
def parse_record(data: bytes, path: str) -> Record:
    """Return the record that a file holds.

    Args:
        data: The file's bytes.
        path: The file, as the error names it.

    Raises:
        UserError: The file is no YAML, or not of a record's shape.
    """
    match load_all(data, path, hint=_HINT):
        case [{"template": str(template), "digest": str(digest), "answers": dict(answers)} as content]:
            names = content.get("given")
            given = tuple(name for name in answers if name in names) if isinstance(names, list) else ()
            return Record(template, digest, answers, given, _version_fields(content.get("version_fields", []), path))
    raise UserError(
        f"{path}: not a record of gitopsmith: `template`, `digest` and `answers` are needed.",
        hint=_HINT,
    )


def _version_fields(content: Any, path: str) -> tuple[VersionField, ...]:
    match content:
        case list(places) if all(isinstance(place, dict) and {"file", "path"} <= place.keys() for place in places):
            return tuple(VersionField(str(place["file"]), str(place["path"])) for place in places)
    raise UserError(
        f"{path}: version_fields: must be a list of `file` and `path`, found {content!r}.",
        hint=_HINT,
    )


def recorded_layout(tree: Tree) -> Layout:
    """Return the folders that a repository was made with, as its own record says; the usual ones where it says none."""
    place = Layout().repository_place()
    file = tree.get(place.record)
    try:
        answers = parse_record(file.data, place.record).answers if file else {}
    except UserError:
        answers = {}
    return Layout(**{key: str(answers[f"{key}_path"]) for key in asdict(Layout()) if f"{key}_path" in answers})
