"""What is wrong with the documents that people write: the organization's and the apps', with the line of each key."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checking.findings import Finding, Severity
from generator.core.document_text import parse_documents
from generator.core.errors import UserError, UserErrors
from generator.core.layout import ORGANIZATION_FILE, Layout
from generator.core.tree import Tree
from generator.core.yamlload import NotYamlError
from generator.core.yamltext import documents, position
from generator.workspace.apps import deployed_apps

LIMIT = 50
"""The most problems of a file that are told: nobody reads more, and each takes another look at the file."""


def document_findings(repository: str, tree: Tree, layout: Layout) -> Iterator[Finding]:
    """Yield what is wrong with the organization's and the apps' documents in a repository.

    Args:
        repository: How findings call it.
        tree: What it holds.
        layout: Where it keeps everything.
    """
    for path in (ORGANIZATION_FILE, *tree.under(layout.apps)):
        file = tree.get(path)
        if file is None or not path.endswith((".yaml", ".yml")):
            continue
        try:
            parse_documents(file.data, path)
        except UserErrors as problems:
            for problem in problems.problems[:LIMIT]:
                key, _, message = problem.message.partition(": ")
                line, column = _position(file.data, key)
                yield Finding(Severity.ERROR, "schema", repository, path, line, column, key, message)
            if more := len(problems.problems[LIMIT:]):
                message = f"There are {more} more problems in this file."
                yield Finding(Severity.ERROR, "schema", repository, path, 1, 1, "", message)
        except NotYamlError as broken:
            line, column = broken.problem.line or 1, broken.problem.column or 1
            message = f"This is not YAML: {broken.problem.what}."
            yield Finding(Severity.ERROR, "yaml-syntax", repository, path, line, column, "", message, broken.hint)
        except UserError as problem:
            message = problem.message.removeprefix(f"{path}: ")
            yield Finding(Severity.ERROR, "schema", repository, path, 1, 1, "", message, problem.hint)


def orphan_findings(repository: str, tree: Tree, layout: Layout) -> Iterator[Finding]:
    """Yield the apps that are in an environment while no document says what they are, each once.

    Args:
        repository: How findings call it.
        tree: What it holds.
        layout: Where it keeps everything.
    """
    for app, place in deployed_apps(tree, layout).items():
        document = layout.app_document(app)
        if tree.get(document) is None:
            message = f"`{app}` is deployed, but {document} is not there: nothing follows its releases."
            hint = f"Restore that file from git; or take the app away: gitopsmith app remove {app}"
            yield Finding(Severity.WARNING, "app-document", repository, place.roots[0], 1, 1, "", message, hint)


def _position(text: bytes, key: str) -> tuple[int, int]:
    """Return where a key's value starts; where the key is missing, where what should hold it does."""
    while key:
        for index in range(documents(text)):
            try:
                return position(text, key, document=index)
            except UserError:
                continue
        key = key.rpartition(".")[0]
    return 1, 1
