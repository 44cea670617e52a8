"""A template: a tree of files with a `copier.yml`, read and compiled once, rendered for many instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any

from generator.core.errors import UserError
from generator.core.tree import MemoryTree, Tree, as_memory
from generator.templating.compiled import CompiledQuestion, compile_questions
from generator.templating.config import INCLUDE_TAG, Config, has_include, read_config
from generator.templating.files import FilePlan, plan_files
from generator.templating.needs import foreign_features, references, yield_in
from generator.templating.questions import Question, read_questions
from generator.templating.sandbox import Sandbox, build_environment, included_path
from generator.templating.settings import Settings, read_settings
from generator.templating.text import Place, Text


class Template:
    """A template in copier's format.

    Made by `Template.parse`. Everything that can be compiled is compiled at first use and kept, so that a template
    should be parsed once and rendered many times.

    Attributes:
        name: What messages call it.
        tree: Its files.
        config: Its `copier.yml` as written.
        settings: Its settings.
        questions: Its questions by name, in their order.
        metadata: What it tells gitopsmith: the mapping `_gitopsmith` of its configuration, or nothing.
        source: Where it came from, for `_src_path`; None keeps that out of what is rendered.
        trust: Whether code of its own may run in this process (`_jinja_extensions`).
    """

    def __init__(self, tree: MemoryTree, config: Config, *, source: str | None, trust: bool) -> None:
        self.name = config.template
        self.tree = tree
        self.config = config
        self.source = source
        self.trust = trust
        self.settings: Settings = read_settings(config)
        self.questions: Mapping[str, Question] = read_questions(config, self.settings.secret_questions)
        self.metadata: Mapping[str, Any] = _metadata(config)
        self._plans: dict[str, FilePlan] = {}

    @classmethod
    def parse(cls, tree: Tree, *, name: str, source: str | None = None, trust: bool = False) -> Template:
        """Return the template that a tree of files is.

        Args:
            tree: The files, with `copier.yml` at the top.
            name: What messages call the template.
            source: What `_src_path` tells the rendered files, if anything; a path of a machine has no place there.
            trust: Whether the template's own Jinja extensions may be imported.

        Raises:
            UserError: There is no `copier.yml` or two, it is broken, or a key of it has the wrong shape.
        """
        return cls(as_memory(tree), read_config(tree, name), source=source, trust=trust)

    def __repr__(self) -> str:
        return f"Template({self.name!r}, {self.digest[:19]})"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the template's paths, modes and bytes: the same for the same files on every machine."""
        digest = sha256()
        for path in self.tree.under(""):
            file = self.tree.get(path)
            if file is not None:
                head = f"{path}\0{file.mode:o}\0{len(file.data)}\0"
                digest.update(head.encode("utf-8", "surrogateescape") + file.data)
        return f"sha256:{digest.hexdigest()}"

    @cached_property
    def has_includes(self) -> bool:
        """Whether other files hold a part of the configuration, so that only copier knows all questions."""
        return INCLUDE_TAG in self.config.source and has_include(self.config.source)

    @cached_property
    def needs_copier(self) -> tuple[str, ...]:
        """The features of the template that only copier itself performs, sorted; empty for most templates."""
        found = set(self.settings.foreign)
        if self.has_includes:
            found.add(f"`{INCLUDE_TAG}` in {self.config.path}")
        if self.settings.jinja_extensions and not self.trust:
            return tuple(sorted(found))  # its texts cannot be read without its extensions
        plan = self.plan(self._constant_subdirectory())
        block_start = self.environment.block_start_string
        found.update(f"`yield` in the name `{name}`" for name in plan.names if yield_in(name, block_start))
        found.update(foreign_features([*self._config_texts(), *plan.texts(), *self._referenced(plan)]))
        return tuple(sorted(found))

    @cached_property
    def environment(self) -> Sandbox:
        """The Jinja environment of the template.

        Raises:
            UserError: It needs extensions that are not trusted or not there, or its delimiters clash.
        """
        return build_environment(self.config, self.settings, self.tree, trust=self.trust)

    @cached_property
    def compiled_questions(self) -> list[CompiledQuestion]:
        """The questions, each ready to be answered."""
        return compile_questions(self.questions, self.environment, self.config)

    @cached_property
    def version_fields(self) -> tuple[tuple[Text, Text], ...]:
        """Where the versions stand, `_gitopsmith.version_fields`: the files, and the paths in them."""
        place = Place(self.name, config=self.config, keys=("_gitopsmith",))
        return tuple(
            (Text(self.environment, field["file"], place), Text(self.environment, field["path"], place))
            for field in self.metadata.get("version_fields", [])
        )

    @cached_property
    def subdirectory(self) -> Text:
        """The folder of the files to render."""
        return self._setting("subdirectory", self.settings.subdirectory)

    @cached_property
    def answers_file(self) -> Text:
        """The path of the answers file."""
        return self._setting("answers_file", self.settings.answers_file)

    @cached_property
    def exclude(self) -> tuple[Text, ...]:
        """The patterns of paths that are not rendered."""
        return tuple(self._setting("exclude", pattern) for pattern in self.settings.exclude)

    @cached_property
    def skip_if_exists(self) -> tuple[Text, ...]:
        """The patterns of paths that are left alone where they exist."""
        return tuple(self._setting("skip_if_exists", pattern) for pattern in self.settings.skip_if_exists)

    @cached_property
    def all_paths(self) -> frozenset[str]:
        """Every file and folder of the template."""
        paths = set(self.tree.under(""))
        for path in self.tree.under(""):
            while "/" in path:
                path = path.rpartition("/")[0]  # noqa: PLW2901 - climbing up
                paths.add(path)
        return frozenset(paths)

    def plan(self, subdirectory: str) -> FilePlan:
        """Return the files below a folder of the template, ready to be rendered.

        Args:
            subdirectory: The folder, empty for all of the template.
        """
        if subdirectory not in self._plans:
            self._plans[subdirectory] = plan_files(
                self.tree,
                subdirectory,
                settings=self.settings,
                environment=self.environment,
                template=self.name,
                paths=self.all_paths,
            )
        return self._plans[subdirectory]

    def _constant_subdirectory(self) -> str:
        # A folder that depends on the answers could be any, so all are looked at.
        return (self.subdirectory.constant or "").strip("/")

    def _setting(self, key: str, source: str) -> Text:
        return Text(self.environment, source, Place(self.name, config=self.config, keys=(f"_{key}",)))

    def _config_texts(self) -> Iterator[Text]:
        for question in self.compiled_questions:
            yield from question.texts()
        yield from (self.subdirectory, self.answers_file, *self.exclude, *self.skip_if_exists)

    def _referenced(self, plan: FilePlan) -> Iterator[Text]:
        """Yield the files outside the plan that its files include, import or extend."""
        seen: set[str] = set()
        waiting = list(plan.texts())
        while waiting:
            for name in _references_of(waiting.pop()):
                file = self.tree.get(included_path(name))
                if name not in seen and file is not None:
                    seen.add(name)
                    text = Text(self.environment, file.data.decode(errors="replace"), Place(self.name, name), name)
                    waiting.append(text)
                    yield text


def _metadata(config: Config) -> Mapping[str, Any]:
    value = config.settings.get("gitopsmith", {})
    if not isinstance(value, dict):
        raise config.problem(["_gitopsmith"], f"must be a mapping, found {value!r}.")
    return value


def _references_of(text: Text) -> list[str]:
    try:
        return list(references(text.ast))
    except UserError:
        return []  # rendering it says what is wrong
