"""Answers as a person gives them on the command line: `--data key=value` and `--data-file`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generator.core.errors import UserError, UserErrors
from generator.templating.yamltext import YamlError, load

# What copier writes into an answers file beside the answers.
_BOOKKEEPING = frozenset({"_commit", "_src_path"})


def parse_data(items: Sequence[str]) -> dict[str, object]:
    """Return the answers that `key=value` items give; the question's type decides later what a value means.

    Args:
        items: What stands behind each `--data`.

    Raises:
        UserErrors: Items without a key or an equals sign, or a key that is given twice; all of them at once.
    """
    problems = list(_bad_items(items))
    if problems:
        raise UserErrors("--data takes key=value.", problems)
    return dict(_split(item) for item in items)


def load_data_file(path: Path) -> dict[str, object]:
    """Return the answers that a YAML file gives.

    Args:
        path: The file: a mapping from the name of a question to its answer. Copier's answers files will do.

    Raises:
        UserError: The file is not there, not readable, not UTF-8, not YAML, or no mapping of names.
    """
    try:
        value = load(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}.", hint="--data-file takes a YAML file.") from error
    except YamlError as error:
        raise UserError(error.at(str(path))) from error
    return _checked_mapping(path, {} if value is None else value)


def _checked_mapping(path: Path, value: Any) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UserError(f"{path}: a mapping of answers is expected.", hint="Write lines such as `replicas: 2`.")
    for key in value:
        if not isinstance(key, str):
            raise UserError(f"{path}: the key `{key}` is no name.", hint="Put it in quotes.")
    return {key: answer for key, answer in value.items() if key not in _BOOKKEEPING}


def _bad_items(items: Sequence[str]) -> Iterator[UserError]:
    seen: set[str] = set()
    for item in items:
        key, value = _split(item)
        if "=" not in item:
            yield UserError(f"`{item}` has no `=`.")
        elif not key:
            yield UserError(f"`={value}` has no key.")
        elif key in seen:
            yield UserError(f"`{key}` is given twice.")
        seen.add(key)


def _split(item: str) -> tuple[str, str]:
    key, _, value = item.partition("=")
    return key.strip(), value
