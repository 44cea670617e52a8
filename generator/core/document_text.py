"""Documents as text: read with errors that name file and key, written in the form that people edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from io import StringIO
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from generator.core.documents import API_VERSION, KINDS, Document
from generator.core.errors import UserError, UserErrors
from generator.core.names import closest, is_yaml_keyword
from generator.core.yamlload import load_all

D = TypeVar("D", bound=Document)

_YAML_1_1 = Resolver()
_KEPT = 1024  # the plans of a batch ask for the same documents again and again


def parse_documents(data: bytes, path: str) -> list[Document]:
    """Return the documents of a file, in order; empty ones are left out.

    Args:
        data: The file's bytes.
        path: The file, as errors name it.

    Raises:
        UserError: The file is no YAML, or holds a document of another group or kind, an unknown or missing field, or a
            value that is refused; all of them are named.
    """
    return list(_parsed(data, path))


def parse_document(data: bytes, path: str, kind: type[D]) -> D:
    """Return the first document of `kind` in a file.

    Raises:
        UserError: As `parse_documents`, or no document is of that kind.
    """
    for document in parse_documents(data, path):
        if isinstance(document, kind):
            return document
    raise UserError(f"{path}: no {kind.__name__} in this file.", hint=f"It needs a document of kind {kind.__name__}.")


@lru_cache(maxsize=_KEPT)
def _parsed(data: bytes, path: str) -> tuple[Document, ...]:
    return tuple(_parse(content, path) for content in load_all(data, path) if content is not None)


def _parse(content: Any, path: str) -> Document:
    group, kind = (content.get("apiVersion"), content.get("kind")) if isinstance(content, dict) else (None, None)
    if group != API_VERSION or not isinstance(kind, str) or kind not in KINDS:
        found = f"{group}/{kind}" if isinstance(group, str) and isinstance(kind, str) else _shown(content)
        raise UserError(
            f"{path}: not a document of gitopsmith: {found[:120]}",
            hint=f"Use apiVersion {API_VERSION} and one of the kinds {', '.join(KINDS)}.",
        )
    try:
        # A file has one spelling of each field, the one that the commands look for when they edit it.
        return KINDS[kind].model_validate(content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise refusal(f"{path}: {kind} is not right:", error, KINDS[kind]) from error


def refusal(summary: str, error: ValidationError, model: type[BaseModel]) -> UserErrors:
    """Return what a document's model refuses, with the key of each problem.

    Args:
        summary: The line above the problems.
        error: What the model raised.
        model: The model.
    """
    return UserErrors(summary, _problems(error, model))


def _problems(error: ValidationError, model: type[BaseModel]) -> Iterable[UserError]:
    for problem in error.errors(include_url=False, include_context=False):
        *above, last = problem["loc"] or ("the document",)
        key = ".".join(str(part) for part in (*above, last))
        if problem["type"] == "extra_forbidden":
            guess = closest(str(last), _fields_at(model, above))
            said = "there is no such field" + (f"; did you mean `{guess}`?" if guess else "")
        else:
            said = problem["msg"].removeprefix("Value error, ")
            if problem["type"] not in {"missing", "value_error"}:
                said += f" (found: {_shown(problem['input'])})"
        yield UserError(f"{key}: {said}")


def _fields_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the fields, as they are spelt in YAML, of the part of a document at a path; none for what is no part."""
    part: type[BaseModel] | None = model
    for key in path:
        if isinstance(key, str) and part is not None:
            found = (field for name, field in part.model_fields.items() if key in (field.alias, name))
            part = next((inner for field in found for inner in _models_in(field.annotation)), None)
    return [field.alias or name for name, field in part.model_fields.items()] if part else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _shown(value: Any) -> str:
    """Return a value in the words of YAML; of what holds others, what it is."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]


def dump_documents(documents: Sequence[Document], comment: str = "") -> bytes:
    """Return documents as YAML, fields in the order of their declaration, with `---` between them.

    Args:
        documents: What is written; fields that hold their default are left out, so that the file says what is chosen.
        comment: Lines that stand above the first document, without `#`.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415  (slow to import, needed only where a document is new)
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString  # noqa: PLC0415

    def quoted(value: Any) -> Any:
        if isinstance(value, dict):
            return {quoted(key): quoted(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [quoted(item) for item in value]
        return DoubleQuotedScalarString(value) if isinstance(value, str) and _is_no_text(value) else value

    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 1000
    texts = []
    for document in documents:
        text = StringIO()
        writer.dump(quoted(plain(document)), text)
        texts.append(text.getvalue())
    heading = "".join(f"# {line}\n" for line in comment.splitlines())
    return (heading + "---\n".join(texts)).encode()


def _is_no_text(text: str) -> bool:
    """The writer quotes what YAML 1.2 reads as no text; Kubernetes' tools and we ourselves read YAML 1.1."""
    tag = _YAML_1_1.resolve(ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return is_yaml_keyword(text) or tag != "tag:yaml.org,2002:str"


def plain(document: Document) -> dict[str, Any]:
    """Return a document as plain values with its YAML field names; fields that hold their default are left out."""
    content = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"apiVersion": document.api_version, "kind": document.kind, **content}  # type: ignore[attr-defined]
