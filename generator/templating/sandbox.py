"""The Jinja environment of a template: sandboxed, blind to the machine, with copier's filters and functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import jinja2
from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import import_string
from jinja2_ansible_filters import AnsibleCoreFiltersExtension
from jinja2_ansible_filters.core_filters import to_yaml

from generator.core.tree import Tree
from generator.templating.config import Config
from generator.templating.settings import Settings

MACHINE_FILTERS = frozenset({"expanduser", "expandvars", "fileglob", "realpath", "relpath", "strftime"})
"""Filters whose result depends on the machine: its files, environment, clock or time zone."""
RANDOM_FILTERS = frozenset({"ans_random", "random", "random_mac", "shuffle"})
"""Filters whose result differs from one call to the next."""
RANDOM_GLOBALS = frozenset({"lipsum"})

_PATH_FLAVOURS: dict[str, type[PurePath]] = {
    "posix": PurePosixPath,
    "windows": PureWindowsPath,
    "native": PurePosixPath,
}


class Sandbox(SandboxedEnvironment):
    """A Jinja sandbox that shows a template neither Python's insides nor the machine."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read an attribute; a path's parser is Python's `os.path`."""
        if isinstance(obj, PurePath) and attr == "parser":
            return False
        return super().is_safe_attribute(obj, attr, value)


class TreeLoader(BaseLoader):
    """Finds what templates include, import and extend in the template's own tree, and nowhere else.

    Args:
        tree: The template's files.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        """Return the text of a file of the tree.

        Raises:
            TemplateNotFound: The tree has no such file.
        """
        file = self._tree.get(included_path(template))
        if file is None:
            raise TemplateNotFound(template)
        return file.data.decode(), template, _never_stale


def included_path(name: str) -> str:
    """Return the path in a template's tree that an include, import or extends names."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def build_environment(config: Config, settings: Settings, tree: Tree, *, trust: bool) -> Sandbox:
    """Return the environment that renders every string, path and file of one template.

    Args:
        config: The template's configuration, for messages.
        settings: Its settings.
        tree: Its files, for includes.
        trust: Whether its own Jinja extensions may be imported, which runs their code.

    Raises:
        UserError: It names extensions without trust, extensions that are not there, or delimiters that clash.
    """
    options = dict(settings.envops)
    undefined = jinja2.StrictUndefined if options.pop("undefined", "") == "jinja2.StrictUndefined" else jinja2.Undefined
    extensions = [AnsibleCoreFiltersExtension, *_import_extensions(config, settings, trust=trust)]
    try:
        environment = Sandbox(
            loader=TreeLoader(tree),
            extensions=extensions,
            undefined=undefined,
            auto_reload=False,
            cache_size=-1,  # a template's files are few and all needed again for its next instance
            **options,
        )
    except AssertionError as error:
        raise config.problem(["_envops"], f"is refused by Jinja: {error}") from error
    _set_filters(environment)
    return environment


def forget_modules(environment: Environment) -> None:
    """Let imported templates start afresh: what one instance left in their variables is no business of the next."""
    for compiled in (environment.cache or {}).values():
        compiled._module = None


def _set_filters(environment: Environment) -> None:
    for name in MACHINE_FILTERS | RANDOM_FILTERS:
        environment.filters.pop(name, None)
    for name in RANDOM_GLOBALS:
        environment.globals.pop(name, None)
    environment.filters["to_json"] = partial(json.dumps, default=_to_plain)
    environment.filters["to_yaml"] = _to_yaml
    environment.globals["pathjoin"] = _pathjoin


def _import_extensions(config: Config, settings: Settings, *, trust: bool) -> list[Any]:
    names = settings.jinja_extensions
    if names and not trust:
        raise config.problem(
            ["_jinja_extensions"],
            f"runs code of its own: {', '.join(names)}.",
            hint="Add `--trust` if you trust this template.",
        )
    found = []
    for name in names:
        try:
            found.append(import_string(name))
        except (ImportError, AttributeError, ValueError) as error:
            raise config.problem(
                ["_jinja_extensions"],
                f"names `{name}`, which cannot be imported: {error}.",
                hint="Install the package that holds it beside gitopsmith.",
            ) from error
    return found


def _pathjoin(*path: str, mode: str = "posix") -> str:
    return str(_PATH_FLAVOURS[mode](*path))


def _to_yaml(value: Any, *options: Any, **more: Any) -> str:
    if type(value) is str and not options and not more:
        return _text_to_yaml(value)
    return str(to_yaml(value, *options, **more))


@lru_cache(maxsize=4096)
def _text_to_yaml(value: str) -> str:
    # The instances of an organization hold the same names again and again, and to write one takes 0.1 ms.
    return str(to_yaml(value))


def _to_plain(value: Any) -> Any:
    """Return what JSON knows for what it does not: a list for a generator, text for a date or a path."""
    return _plain_converter()(value, fallback=lambda other: str(other) if isinstance(other, PurePath) else other)


@lru_cache(maxsize=1)
def _plain_converter() -> Callable[..., Any]:
    # Imported where a template needs it: it takes longer than all of this module.
    from pydantic_core import to_jsonable_python  # noqa: PLC0415

    return to_jsonable_python


def _never_stale() -> bool:
    return True
