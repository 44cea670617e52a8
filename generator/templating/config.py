"""`copier.yml`: the file that makes a folder a template, read as written; knows the line of every key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from generator.core.errors import UserError
from generator.core.tree import Tree
from generator.core.yamlload import Loader
from generator.templating.yamltext import YamlError, compose_all, load_all

_SUFFIXES = frozenset({".yml", ".yaml"})
# Lists under these keys are joined over all documents of the file; of any other key the last one counts.
_JOINED = ("_exclude", "_jinja_extensions", "_secret_questions", "_skip_if_exists")
INCLUDE_TAG = "!include"


class _Loader(Loader):
    """A loader of its own, so that the tag below is known to it alone."""


def _skip_include(loader: yaml.Loader, node: yaml.Node) -> list[object]:  # noqa: ARG001
    """Stand in for an included file: such a template is rendered by copier itself."""
    return []


_Loader.add_constructor(INCLUDE_TAG, _skip_include)


@dataclass(frozen=True)
class Config:
    """What a `copier.yml` says, before its shape is checked.

    Attributes:
        template: Name of the template, for messages.
        path: Path of the file in the template.
        source: Its text.
        raw: All keys of all its documents, merged, in the order in which they first occur.
    """

    template: str
    path: str
    source: str
    raw: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that begin with an underscore, without it."""
        return {key[1:]: value for key, value in self.raw.items() if key.startswith("_")}

    @property
    def questions(self) -> dict[str, Any]:
        """The keys that do not, as written."""
        return {key: value for key, value in self.raw.items() if not key.startswith("_")}

    def place(self, *keys: str) -> str:
        """Return where the value of a key stands: template, file, line and the key itself."""
        line = _line_of(self.source, keys)
        position = f"{self.template}: {self.path}:{line}" if line else f"{self.template}: {self.path}"
        return f"{position}: `{'.'.join(keys)}`" if keys else position

    def problem(self, keys: Sequence[str], message: str, *, hint: str = "") -> UserError:
        """Return an error about the value of a key, with its line."""
        return UserError(f"{self.place(*keys)} {message}", hint=hint)


def find_config(tree: Tree, template: str) -> str:
    """Return the path of the template's one configuration file.

    Raises:
        UserError: There is none, or more than one.
    """
    found = [path for path in tree.under("") if "/" not in path and _is_config(path)]
    if not found:
        raise UserError(
            f"{template}: there is no copier.yml, so this is not a template.",
            hint="Give the folder that holds copier.yml; an empty one will do where there is nothing to ask.",
        )
    if len(found) > 1:
        raise UserError(f"{template}: there are two configuration files: {', '.join(found)}.", hint="Keep one of them.")
    return found[0]


def read_config(tree: Tree, template: str) -> Config:
    """Read the configuration of a template.

    The format is copier's (https://copier.readthedocs.io/en/stable/configuring/, 9.19): a YAML mapping, or several as
    documents or as a list, of which later ones win.

    Args:
        tree: The template's files.
        template: The template's name, for messages.

    Raises:
        UserError: The file is missing, doubled, not UTF-8, not YAML, or holds something else than mappings of names.
    """
    path = find_config(tree, template)
    file = tree.get(path)
    try:
        source = file.data.decode() if file else ""
        documents = load_all(source, _Loader)
    except UnicodeDecodeError as error:
        raise UserError(f"{template}: {path}: byte {error.start} is not UTF-8.") from error
    except YamlError as error:
        raise UserError(error.at(f"{template}: {path}")) from error
    return Config(template, path, source, _merge(documents, source, f"{template}: {path}"))


def has_include(source: str) -> bool:
    """Return whether a configuration takes in other files by the `!include` tag."""
    try:
        return any(
            isinstance(event, yaml.ScalarEvent) and event.tag == INCLUDE_TAG
            for event in yaml.parse(source, Loader=yaml.CSafeLoader)
        )
    except yaml.YAMLError:
        return False


def _is_config(path: str) -> bool:
    name = PurePosixPath(path)
    return name.stem == "copier" and name.suffix.lower() in _SUFFIXES


def _merge(documents: Sequence[object], source: str, place: str) -> dict[str, Any]:
    parts: list[object] = []
    for document in documents:
        parts.extend(document if isinstance(document, list) else [document])
    merged: dict[str, Any] = {}
    joined: dict[str, list[object]] = {}
    for part in parts:
        if part is None or part == []:
            continue
        if not isinstance(part, dict):
            raise UserError(f"{place}: a mapping of settings and questions is expected, found {_kind(part)}.")
        for key, value in part.items():
            if not isinstance(key, str) or not key:
                raise _no_name(key, source, place)
            if key in _JOINED and isinstance(value, list):
                joined.setdefault(key, []).extend(value)
            merged[key] = value
    return {key: joined.get(key, value) if isinstance(value, list) else value for key, value in merged.items()}


def _no_name(key: object, source: str, place: str) -> UserError:
    """Return the error about a key that YAML does not read as a string, as it is written and with its line."""
    for document in compose_all(source):
        for mapping in _mappings(document):
            for node, _ in mapping.value:
                if not node.tag.endswith(":str") or not node.value:
                    message = f"{place}:{node.start_mark.line + 1}: the key `{node.value}` is {_kind(key)}."
                    return UserError(message, hint="Put it in quotes or rename it.")
    return UserError(f"{place}: the key `{key}` is {_kind(key)}.")


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _line_of(source: str, keys: Sequence[str]) -> int | None:
    """Return the line of the innermost of `keys` that exists; of a key that stands twice, the last line."""
    if not keys:
        return None
    mappings = [node for document in compose_all(source) for node in _mappings(document)]
    lines = [line for mapping in mappings if (line := _line_in(mapping, keys))]
    return lines[-1] if lines else None


def _mappings(document: yaml.Node) -> list[yaml.MappingNode]:
    nodes = document.value if isinstance(document, yaml.SequenceNode) else [document]
    return [node for node in nodes if isinstance(node, yaml.MappingNode)]


def _line_in(mapping: yaml.Node, keys: Sequence[str]) -> int | None:
    line = None
    for key in keys:
        if not isinstance(mapping, yaml.MappingNode):
            break
        found = [pair for pair in mapping.value if pair[0].value == key]
        if not found:
            break
        key_node, mapping = found[-1]
        line = key_node.start_mark.line + 1
    return line
