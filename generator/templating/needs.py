"""What a template uses that only copier itself performs, found by looking and without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jinja2 import nodes

from generator.core.errors import UserError
from generator.templating.sandbox import MACHINE_FILTERS, RANDOM_FILTERS, RANDOM_GLOBALS
from generator.templating.text import Text

KNOWN_CONF = frozenset({"answers_file", "sep"})
"""What of `_copier_conf` this engine gives templates."""

_FOREIGN_NAMES = {
    "_copier_python": "`_copier_python` (a path of this machine)",
    "_external_data": "`_external_data` (files outside the template)",
    "_folder_name": "`_folder_name` (the folder that is rendered to)",
    "make_secret": "`make_secret` (a random value)",
    "now": "`now` (the clock)",
} | {name: f"`{name}` (a random value)" for name in RANDOM_GLOBALS}


def yield_in(name: str, block_start: str) -> bool:
    """Return whether a file's name makes several files by copier's `yield` tag, which Jinja does not know."""
    return re.search(rf"{re.escape(block_start)}[-+]?\s*yield\s", name) is not None


def foreign_features(texts: Iterable[Text]) -> set[str]:
    """Return the features in some texts that only copier performs; a text that is not Jinja has none."""
    found: set[str] = set()
    for text in texts:
        try:
            ast = text.ast
        except UserError:
            continue  # rendering it says what is wrong
        found.update(_features(ast))
    return found


def references(ast: nodes.Template) -> Iterator[str]:
    """Yield the names of the templates that a text includes, imports or extends, as far as they stand in it."""
    for node in ast.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        target = node.template  # type: ignore[attr-defined]
        for part in target.items if isinstance(target, (nodes.List, nodes.Tuple)) else [target]:
            if isinstance(part, nodes.Const) and isinstance(part.value, str):
                yield part.value


def names_in(ast: nodes.Template) -> set[str]:
    """Return every name that a text reads."""
    return {node.name for node in ast.find_all(nodes.Name)}


def _features(ast: nodes.Template) -> Iterator[str]:
    for node in ast.find_all(nodes.Filter):
        if node.name in MACHINE_FILTERS:
            yield f"filter `{node.name}` (looks at this machine)"
        elif node.name in RANDOM_FILTERS:
            yield f"filter `{node.name}` (a random value)"
    names = [node.name for node in ast.find_all(nodes.Name)]
    yield from (_FOREIGN_NAMES[name] for name in names if name in _FOREIGN_NAMES)
    keys = [key for node in ast.find_all((nodes.Getattr, nodes.Getitem)) if (key := _conf_key(node)) is not None]
    yield from (f"`_copier_conf.{key}`" for key in keys if key not in KNOWN_CONF)
    if names.count("_copier_conf") > len(keys):
        yield "`_copier_conf`"


def _conf_key(node: nodes.Node) -> str | None:
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)):
        return None
    if not (isinstance(node.node, nodes.Name) and node.node.name == "_copier_conf"):
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else "[…]"
