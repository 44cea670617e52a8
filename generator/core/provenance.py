"""Provenance: where a change comes from, as trailers of its commit.

The names are those that Argo CD's hydrator reads and writes
(https://argo-cd.readthedocs.io/en/stable/user-guide/source-hydrator/, v3.1); a delivery has a name of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

DELIVERY = "Gitopsmith-Delivery"
"""The trailer that names the delivery which brought the news."""

_TRAILERS = {
    "author": "Argocd-reference-commit-author",
    "sha": "Argocd-reference-commit-sha",
    "subject": "Argocd-reference-commit-subject",
    "body": "Argocd-reference-commit-body",
    "repository": "Argocd-reference-commit-repourl",
    "date": "Argocd-reference-commit-date",
    "delivery": DELIVERY,
}


@dataclass(frozen=True)
class Provenance:
    """Where a change comes from; what is not known is empty.

    Attributes:
        author: Who wrote the source's commit: `Name <mail>`.
        sha: The source's commit.
        subject: Its first line.
        body: The rest of its message.
        repository: The source's address.
        date: When it was written, in ISO 8601.
        delivery: The id of GitHub's delivery that brought the news.
    """

    author: str = ""
    sha: str = ""
    subject: str = ""
    body: str = ""
    repository: str = ""
    date: str = ""
    delivery: str = ""

    def trailers(self) -> tuple[tuple[str, str], ...]:
        """Return the trailers for what is known, in a fixed order."""
        return tuple((_TRAILERS[part.name], value) for part in fields(self) if (value := getattr(self, part.name)))


UNKNOWN = Provenance()
"""Of a change that nothing else led to, as when a person asks for it."""


def read_provenance(trailers: dict[str, str]) -> Provenance:
    """Return the provenance that a commit's trailers tell; other trailers are left aside."""
    names = {trailer: name for name, trailer in _TRAILERS.items()}
    return Provenance(**{names[key]: value for key, value in trailers.items() if key in names})
