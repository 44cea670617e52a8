"""The documents of an app: written when it is added, edited where it comes to an environment or leaves one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.core.document_text import dump_documents, parse_document, parse_documents
from generator.core.documents import (
    Delivery,
    ExternalDNS,
    GitHubRepository,
    GitHubRepositorySpec,
    Metadata,
    Microservice,
    MicroserviceSpec,
    NetworkPolicy,
    NetworkPolicySpec,
    SecretReference,
)
from generator.core.names import check_slug
from generator.core.tree import Tree
from generator.core.yamltext import remove_item
from generator.workspace.document_edits import appended

_COMMENT = """What gitopsmith knows of this app: its source, where its releases go, the names under which it is reached.
Yours to edit; the commands change only what they name."""


@dataclass(frozen=True)
class NewApp:
    """What the user says about an app.

    Attributes:
        name: The app.
        repository: Its source as `owner/name`; empty for what its documents say.
        template: The template that it is rendered from; empty for what its documents say, else `service` or `chart`.
        image: The container image without a tag; None for a chart, or for what its documents say.
        chart: The OCI chart; None for an image, or for what its documents say.
        version: What is deployed at first.
        data: The answers to the template's questions.
    """

    name: str
    repository: str = ""
    template: str = ""
    image: str | None = None
    chart: str | None = None
    version: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def documents(app: NewApp, domain: str, environments: Sequence[str], tree: Tree, path: str) -> bytes:
    """Return the file of an app's documents, with a delivery rule for each of the environments.

    Args:
        app: The app.
        domain: The domain below which its previews are reached.
        environments: Where it goes.
        tree: The application repository.
        path: The file; where it is there already, only missing rules are added.

    Raises:
        UserError: The file is there and broken, or the app's repository is not `owner/name`.
    """
    file = tree.get(path)
    if file is None:
        return dump_documents(_new_documents(app, domain, environments), _COMMENT)
    known = {rule.environment for rule in parse_document(file.data, path, Microservice).spec.delivery}
    text = file.data
    for environment in environments:
        if environment not in known:
            text = appended(
                text, "spec", "delivery", {"environment": environment}, document=_microservice_at(text, path)
            )
    return text


def _new_documents(
    app: NewApp, domain: str, environments: Sequence[str]
) -> tuple[GitHubRepository, Microservice, NetworkPolicy]:
    source, metadata = source_of(app), Metadata(name=app.name)
    return (
        GitHubRepository(
            metadata=metadata, spec=GitHubRepositorySpec(owner=source["source_owner"], repo=source["source_repo"])
        ),
        Microservice(
            metadata=metadata,
            spec=MicroserviceSpec(
                repository=SecretReference(name=app.name),
                image=app.image,
                chart=app.chart,
                template=app.template,
                delivery=tuple(Delivery(environment=environment) for environment in environments),
            ),
        ),
        NetworkPolicy(
            metadata=metadata,
            spec=NetworkPolicySpec(
                microservice=SecretReference(name=app.name),
                externalDNS=(ExternalDNS(domain=f"{{{{.StreamName}}}}.preview.{domain}"),),
            ),
        ),
    )


def _microservice_at(text: bytes, path: str) -> int:
    documents = parse_documents(text, path)
    return next(index for index, document in enumerate(documents) if isinstance(document, Microservice))


def without_delivery(text: bytes, path: str, environments: Sequence[str]) -> bytes:
    """Return the file of an app's documents without the delivery rules of these environments.

    Raises:
        UserError: The file is broken.
    """
    rules = parse_document(text, path, Microservice).spec.delivery
    index = _microservice_at(text, path)
    for environment in environments:
        if any(rule.environment == environment for rule in rules):
            text = remove_item(text, f"spec.delivery[environment={environment}]", document=index)
    return text


def source_of(app: NewApp) -> dict[str, Any]:
    """Return what templates may ask about an app's source repository.

    Raises:
        UserError: It is not `owner/name`.
    """
    owner, repo = check_slug("repository", app.repository)
    return {"source_owner": owner, "source_repo": repo}
