"""A text that may hold Jinja marks: compiled once, rendered for every instance; its errors name file and line."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateError, TemplateNotFound, TemplatesNotFound, TemplateSyntaxError, UndefinedError, nodes

from generator.core.errors import UserError
from generator.templating.config import Config
from generator.templating.sandbox import Sandbox

Context = MutableMapping[str, Any]
"""What a text sees: the environment's functions and the answers. Shared by all texts of one instance."""


class Unset(UndefinedError):
    """Raised where a default says that there is none (copier's `UNSET`); meant for the resolver, never the user."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands, for messages.

    Attributes:
        template: Name of the template.
        file: Path of the file in it; None for a value in its configuration.
        config: The configuration.
        keys: The keys that lead to the value.
        is_name: Whether it is the file's name that is meant, not what it holds.
    """

    template: str
    file: str | None = None
    config: Config | None = None
    keys: tuple[str, ...] = ()
    is_name: bool = False

    def at(self, line: int | None) -> str:
        """Return the place with a line: of the file, or of the key in the configuration."""
        if self.config is not None:
            return self.config.place(*self.keys)
        if self.is_name:
            return f"{self.template}: the name of {self.file}"
        return f"{self.template}: {self.file}:{line}" if line else f"{self.template}: {self.file}"


class Text:
    """One text, compiled when first needed.

    Args:
        environment: The template's environment.
        source: The text.
        place: Where it stands.
        name: Its path in the template, if it is a file.
    """

    __slots__ = ("_ast", "_compiled", "_constant", "_environment", "_name", "_place", "_source")

    def __init__(self, environment: Sandbox, source: str, place: Place, name: str | None = None) -> None:
        self._environment = environment
        self._source = source
        self._place = place
        self._name = name
        self._ast: nodes.Template | None = None
        self._compiled: JinjaTemplate | None = None
        self._constant: str | None = None

    @property
    def source(self) -> str:
        """The text as written."""
        return self._source

    @property
    def ast(self) -> nodes.Template:
        """The parsed text.

        Raises:
            UserError: It is not Jinja; with file and line.
        """
        if self._ast is None:
            try:
                self._ast = self._environment.parse(self._source, self._name)
            except TemplateSyntaxError as error:
                raise self._syntax_error(error) from error
        return self._ast

    @property
    def constant(self) -> str | None:
        """What the text renders to if that is always the same; None if it depends on the answers."""
        if self._constant is None and self._compiled is None:
            self._constant = _constant_of(self.ast)
        return self._constant

    def render(self, context: Context) -> str:
        """Return the text rendered for one instance.

        Raises:
            UserError: The text is not Jinja, or rendering it failed; with file and line.
            Unset: The text says that there is no value.
        """
        constant = self.constant
        if constant is not None:
            return constant
        compiled = self._compiled or self._compile()
        try:
            # Shared: the context is one mapping for all texts, copied for none of them.
            return "".join(compiled.root_render_func(compiled.new_context(context, shared=True)))  # type: ignore[arg-type]
        except Unset:
            raise
        except Exception as error:
            raise self._error(error) from error

    def _compile(self) -> JinjaTemplate:
        environment = self._environment
        try:
            code = environment.compile(self.ast, self._name, self._place.file)
        except TemplateSyntaxError as error:
            raise self._syntax_error(error) from error
        self._compiled = environment.template_class.from_code(environment, code, environment.globals)
        return self._compiled

    def _syntax_error(self, error: TemplateSyntaxError) -> UserError:
        return UserError(f"{self._place.at(error.lineno)}: {error.message}", hint="Mend the template.")

    def _error(self, error: Exception) -> UserError:
        if isinstance(error, TemplateSyntaxError) and error.name and error.name != self._name:
            place = Place(self._place.template, error.name).at(error.lineno)
        else:
            place = self._raising_place(error.__traceback__)
        return UserError(f"{place}: {_words(error)}")

    def _raising_place(self, traceback: TracebackType | None) -> str:
        """Return the place of the innermost template in a traceback, which may be one that this one includes."""
        place = self._place.at(None)
        while traceback is not None:
            compiled = traceback.tb_frame.f_globals.get("__jinja_template__")
            if compiled is not None:
                line = compiled.get_corresponding_lineno(traceback.tb_lineno)
                own = compiled is self._compiled
                place = (self._place if own else Place(self._place.template, compiled.name)).at(line)
            traceback = traceback.tb_next
        return place


def _words(error: Exception) -> str:
    if isinstance(error, TemplateNotFound) and not isinstance(error, TemplatesNotFound):
        return f"there is no file `{error.name}` in the template."
    return f"{error}" if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"


def _constant_of(ast: nodes.Template) -> str | None:
    pieces: list[str] = []
    for node in ast.body:
        if not isinstance(node, nodes.Output):
            return None
        for piece in node.nodes:
            if not isinstance(piece, nodes.TemplateData):
                return None
            pieces.append(piece.data)
    return "".join(pieces)
