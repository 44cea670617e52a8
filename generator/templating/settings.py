"""A template's settings: the keys of `copier.yml` with an underscore, their shape checked, defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from generator.templating.config import Config

KNOWN_VERSION = (9, 19)
"""The last release of copier whose format this engine follows."""

DEFAULT_EXCLUDE = (
    "copier.yaml", "copier.yml", "~*", "*.py[co]", "__pycache__", ".git", ".DS_Store", ".svn",
)  # fmt: skip
UNDEFINED_CLASSES = ("jinja2.Undefined", "jinja2.StrictUndefined")

_TEXT_OPTIONS = (
    "block_start_string", "block_end_string", "variable_start_string", "variable_end_string",
    "comment_start_string", "comment_end_string", "newline_sequence",
)  # fmt: skip
_PREFIX_OPTIONS = ("line_statement_prefix", "line_comment_prefix")
_FLAG_OPTIONS = ("trim_blocks", "lstrip_blocks", "keep_trailing_newline", "autoescape", "optimized")
# They tune how Jinja compiles and never change what it renders.
_IGNORED_OPTIONS = ("cache_size", "auto_reload")


@dataclass(frozen=True)
class Settings:
    """What a template asks of its renderer (https://copier.readthedocs.io/en/stable/configuring/, 9.19).

    Attributes:
        subdirectory: Folder of the files to render, as a Jinja string; empty for the template's own.
        templates_suffix: The end of the names of files that are rendered; empty when all are.
        exclude: Patterns, as Jinja strings, of paths that are not rendered.
        skip_if_exists: Patterns, as Jinja strings, of paths that are left alone where they exist.
        envops: Options of the Jinja environment.
        jinja_extensions: Import paths of Jinja extensions.
        secret_questions: Names of questions whose answers are not recorded.
        answers_file: Path of the answers file, as a Jinja string.
        foreign: Features in use that only copier itself performs.
    """

    subdirectory: str = ""
    templates_suffix: str = ".jinja"
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    skip_if_exists: tuple[str, ...] = ()
    envops: Mapping[str, Any] = field(default_factory=dict)
    jinja_extensions: tuple[str, ...] = ()
    secret_questions: tuple[str, ...] = ()
    answers_file: str = ".copier-answers.yml"
    foreign: tuple[str, ...] = ()


def read_settings(config: Config) -> Settings:
    """Read and check the settings of a template; keys that copier does not know are left to their owners.

    Raises:
        UserError: A value has the wrong shape, or the template asks for a newer format.
    """
    _check_version(config)
    subdirectory = _text(config, "subdirectory", "")
    # Without a folder of their own, copier.yml and its kin lie among the files.
    default_exclude = DEFAULT_EXCLUDE if PurePosixPath(subdirectory) == PurePosixPath() else ()
    return Settings(
        subdirectory=subdirectory,
        templates_suffix=_suffix(config),
        exclude=_texts(config, "exclude", default_exclude),
        skip_if_exists=_texts(config, "skip_if_exists", ()),
        envops=_envops(config),
        jinja_extensions=_texts(config, "jinja_extensions", ()),
        secret_questions=_texts(config, "secret_questions", ()),
        answers_file=_text(config, "answers_file", ".copier-answers.yml"),
        foreign=tuple(f"_{key}" for key in ("tasks", "migrations", "external_data") if config.settings.get(key)),
    )


def _check_version(config: Config) -> None:
    if "min_copier_version" not in config.settings:
        return
    wanted = config.settings["min_copier_version"]
    match = re.match(r"\s*v?(\d+(?:\.\d+)*)", wanted) if isinstance(wanted, str) else None
    if match is None:
        raise config.problem(
            ["_min_copier_version"],
            f"is no version: found {wanted!r}.",
            hint='Write it in quotes, as in `_min_copier_version: "9.4.0"`.',
        )
    if tuple(int(part) for part in match[1].split("."))[:2] > KNOWN_VERSION:
        known = ".".join(str(part) for part in KNOWN_VERSION)
        raise config.problem(
            ["_min_copier_version"],
            f"asks for copier {wanted}; this gitopsmith knows the format up to {known}.",
            hint="Update gitopsmith, or use an older version of the template.",
        )


def _text(config: Config, key: str, default: str) -> str:
    value = config.settings.get(key, default)
    if not isinstance(value, str):
        raise config.problem([f"_{key}"], f"must be a string, found {value!r}.")
    return value


def _texts(config: Config, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = config.settings.get(key, default)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise config.problem([f"_{key}"], f"must be a list of strings, found {value!r}.")
    return tuple(value)


def _suffix(config: Config) -> str:
    return ".jinja" if config.settings.get("templates_suffix") is None else _text(config, "templates_suffix", ".jinja")


def _envops(config: Config) -> Mapping[str, Any]:
    value = config.settings.get("envops", {})
    if not isinstance(value, dict):
        raise config.problem(["_envops"], f"must be a mapping of Jinja options, found {value!r}.")
    checked: dict[str, Any] = {"keep_trailing_newline": True}
    for option, setting in value.items():
        _check_option(config, option, setting)
        if option not in _IGNORED_OPTIONS:
            checked[option] = setting
    return checked


def _check_option(config: Config, option: object, setting: object) -> None:
    where = ["_envops", str(option)]
    if option == "undefined":
        if setting not in (*UNDEFINED_CLASSES, "", None):
            raise config.problem(where, f"must be one of {', '.join(UNDEFINED_CLASSES)}, found {setting!r}.")
    elif option in _TEXT_OPTIONS:
        if not isinstance(setting, str) or not setting:
            raise config.problem(where, f"must be a string that is not empty, found {setting!r}.")
    elif option in _PREFIX_OPTIONS:
        if setting is not None and not isinstance(setting, str):
            raise config.problem(where, f"must be a string, found {setting!r}.")
    elif option in _FLAG_OPTIONS:
        if not isinstance(setting, bool):
            raise config.problem(where, f"must be true or false, found {setting!r}.")
    elif option not in _IGNORED_OPTIONS:
        known = sorted((*_TEXT_OPTIONS, *_PREFIX_OPTIONS, *_FLAG_OPTIONS, "undefined"))
        raise config.problem(where, "is no Jinja option that a template can set.", hint=f"Known: {', '.join(known)}.")
