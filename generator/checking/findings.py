"""What a check found, and how it is written down: as text, as JSON and as GitHub workflow commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from generator.core.visible import visible

RULES = {
    "yaml-syntax": "The file is not YAML.",
    "duplicate-key": "A mapping holds a key twice; all but the last are lost.",
    "stray-yaml": "Argo CD reads this file as manifests, but it holds something that is no Kubernetes object.",
    "schema": "An object does not fit the schema of its kind, or its apiVersion is no longer served.",
    "name": "A name, a namespace, a label or an annotation that Kubernetes refuses.",
    "duplicate": "The same object stands twice in what is applied together.",
    "token": "A token of a template was never replaced.",
    "template-mark": "Marks of a template language stand where they cannot be legal.",
    "secret-data": "A Secret with its data lies in git.",
    "kustomization": "A kustomization names files that do not exist, or fields that Kustomize does not know.",
    "chart": "A Helm chart lacks what Helm requires.",
    "application-path": "An Application's source does not exist in the repository that it names.",
    "application-repository": "An Application names a repository of the organization on another host.",
    "application-project": "An Application names a project that does not exist.",
    "application-cluster": "An Application is meant for a cluster that does not exist.",
    "application-environment": "An Application lies in the folder of an environment that does not exist.",
    "project-permission": "The AppProject does not allow what its Application does.",
    "app-document": "An app is deployed, but no document says what it is.",
    "template-drift": "A file no longer matches the template that it was rendered from.",
}
"""Every rule by its stable id, and what it stands for."""


class Severity(StrEnum):
    """How much a finding matters: an error fails the check."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity: How much it matters.
        rule: The id of the rule, a key of `RULES`.
        repository: The name of the repository, or empty where there is only a folder.
        path: The file, relative to the repository's root.
        line: Where the key stands, counted from 1.
        column: The same, counted from 1.
        key: The key as a path through the document, `spec.source.path`; empty where it is about the whole file.
        message: What is wrong, as a sentence.
        hint: What to do about it, as a sentence; may be empty.
    """

    severity: Severity
    rule: str
    repository: str
    path: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""

    def order(self) -> tuple[str, str, int, int, int, str, str, str, str]:
        """Return what findings are sorted by: place first, then weight, rule and words."""
        weight = _WEIGHT[self.severity]
        return (
            self.repository,
            self.path,
            self.line,
            self.column,
            weight,
            self.rule,
            self.key,
            self.message,
            self.hint,
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in their one order, each once."""
    return sorted(set(findings), key=Finding.order)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding fails the check."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def format_text(findings: Sequence[Finding]) -> str:
    """Return the findings for a person: a line of place and message each, an indented hint, and a count at the end.

    The repository is named where there are findings of more than one.
    """
    several = len({finding.repository for finding in findings}) > 1
    lines = []
    for finding in findings:
        repository = f"{finding.repository}:" if several and finding.repository else ""
        place = f"{repository}{finding.path}:{finding.line}:{finding.column}"
        lines.append(f"{visible(place)}: {finding.severity}: {visible(finding.message)} [{finding.rule}]")
        if finding.hint:
            lines.append(f"    {visible(finding.hint)}")
    return "\n".join([*lines, summary(findings)]) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """Return one line that counts the findings by severity."""
    if not findings:
        return "No findings."
    counts = [(sum(f.severity is severity for f in findings), severity) for severity in Severity]
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(f"{count} {words[s]}{'s' * (count != 1)}" for count, s in counts if count) + "."


def format_json(findings: Sequence[Finding]) -> str:
    """Return the findings as a JSON document: `findings`, and `counts` by severity."""
    fields = ("severity", "rule", "repository", "path", "line", "column", "key", "message", "hint")
    document = {
        "findings": [{field: getattr(finding, field) for field in fields} for finding in findings],
        "counts": {str(severity): sum(f.severity is severity for f in findings) for severity in Severity},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def format_github(findings: Sequence[Finding]) -> str:
    """Return the findings as GitHub workflow commands, which GitHub shows beside the changed lines.

    Follows https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (2025): data escapes
    `%`, CR and LF; properties escape `:` and `,` as well.
    """
    lines = []
    for finding in findings:
        properties = {
            "file": finding.path,
            "line": str(finding.line),
            "col": str(finding.column),
            "title": f"gitopsmith {finding.rule}",
        }
        joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        text = f"{finding.message} {finding.hint}".strip()
        lines.append(f"::{_GITHUB[finding.severity]} {joined}::{_data(text)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
