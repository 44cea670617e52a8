"""The templates that come with gitopsmith: found in a wheel and in a checkout, parsed once per process."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Literal

from generator.core.errors import UserError
from generator.templating.source import read_folder
from generator.templating.template import Template

Kind = Literal["templates", "catalog"]

_PACKAGE = Path(__file__).resolve().parents[1]
_SINGULAR = {"templates": "template", "catalog": "catalog item"}


def builtin_folder(kind: Kind) -> Path:
    """Return the folder of the templates of a kind: inside the installed package, or at the top of a checkout.

    Raises:
        UserError: It is in neither place.
    """
    for folder in (_PACKAGE / "data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise UserError(f"The {kind} of gitopsmith are missing from {_PACKAGE}.", hint="Install gitopsmith again.")


@lru_cache(maxsize=2)
def builtin_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the templates of a kind, sorted: the folders that hold a `copier.yml`."""
    return tuple(sorted(path.parent.name for path in builtin_folder(kind).glob("*/copier.yml")))


@lru_cache(maxsize=256)
def load_builtin(kind: Kind, name: str) -> Template:
    """Return a template that comes with gitopsmith; the same object for every call.

    Args:
        kind: `templates` or `catalog`.
        name: Its name.

    Raises:
        UserError: There is none of that name; the message lists those that are close, or all.
    """
    names = builtin_names(kind)
    if name not in names:
        close = get_close_matches(name, names, n=3)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"There are: {', '.join(names) or 'none'}."
        raise UserError(f"There is no {_SINGULAR[kind]} `{name}`.", hint=hint)
    return Template.parse(read_folder(builtin_folder(kind) / name), name=name)
