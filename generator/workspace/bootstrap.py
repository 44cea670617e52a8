"""Starts an organization: its repositories, each there from its first commit on, with the management cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from generator.core.document_text import dump_documents, parse_document, refusal
from generator.core.documents import (
    Cluster,
    Environment,
    Metadata,
    Organization,
    OrganizationSpec,
    Paths,
    Repositories,
)
from generator.core.documents import Repository as RepositoryAddress
from generator.core.errors import UserError, UserErrors
from generator.core.layout import ORGANIZATION_FILE, RECORDS
from generator.core.names import CLUSTER_LIMIT, LABEL_LIMIT, check_name, slug
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.asking import ask
from generator.templating.library import builtin_folder, builtin_names
from generator.workspace.clusters import cluster_instances
from generator.workspace.components import missing_items
from generator.workspace.proposal import Draft, Proposal, RepositoryProposal, plan_changes
from generator.workspace.rendering import organization_context, render_instance
from generator.workspace.templates import builtin
from generator.workspace.workspace import Role

_COMMENT = """The organization: its repositories, its environments in promotion order, its clusters.
Yours to edit; the commands change only what they name."""


def ask_about_organization(told: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a person on the terminal what is not told yet about an organization, and return all answers.

    Args:
        told: As for `propose_organization`.

    Raises:
        UserError: An answer that was told does not fit, or the input ends.
        KeyboardInterrupt: The person gave up.
    """
    asked = builtin("repository").template.questions
    known = {**_supplied("platform"), **{key: value for key, value in told.items() if key in asked}}
    return {**told, **ask(builtin_folder("templates") / "repository", known)}


def propose_organization(output: Path, told: Mapping[str, Any]) -> Proposal:
    """Return what creates an organization's repositories below `output`; those that are there already stay as they are.

    Args:
        output: The folder that will hold the repositories at `<owner>/<name>`.
        told: Answers to the questions of the template `repository`; the rest goes to the management cluster.

    Raises:
        UserError: An answer is missing or refused, or the folder holds something that is not ours.
    """
    asked = builtin("repository").template.questions
    data = {key: value for key, value in told.items() if key in asked}
    answers = _answers(data)
    if there := _document_in(output, answers):
        known = _answered_by(there)
        data = {**{key: value for key, value in known.items() if key not in data}, **data}
        answers = _answers(data)
        _refuse_another_shape(there, known, answers)
    about_cluster = {key: value for key, value in told.items() if key not in asked}
    cluster_data = {"cloud": answers["cloud"], "region": answers["region"], **about_cluster}
    _check_names(answers)
    if answers["topology"] == "single" and told.get("app_org", answers["org"]) != answers["org"]:
        raise UserError(
            f"A single repository has one owner, {answers['org']}: there is no place for {told['app_org']}.",
            hint="Leave out --app-org, or --topology single.",
        )
    try:
        organization = _organization(answers)
    except ValidationError as error:
        raise refusal("Some answers are refused.", error, Organization) from error
    _refuse_foreign(output, organization)
    proposals, notes = [], []
    for address, roles in _wanted(organization):
        path = output / address.owner / address.name
        if path.is_file() or (path.exists() and any(path.iterdir())):
            _refuse_other(path, organization, roles)
            notes.append(f"{path} is there already.")
            continue
        draft = _draft(organization, answers["management_cluster"], data, cluster_data, roles)
        empty = MemoryTree()
        change, pristine, _ = plan_changes(empty, empty, organization.spec.paths.layout, draft, roles)
        proposals.append(RepositoryProposal(path, address.branch, empty, change, pristine, organization.url(address)))
    return Proposal(tuple(proposals), tuple(notes))


def _answers(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return resolve(builtin("repository").template, {**data, **_supplied("platform")}).values


def _supplied(role: str) -> dict[str, str]:
    """Return what is not a person's to answer about a repository."""
    return {"role": role, "gitopsmith_version": version("gitopsmith")}


def _check_names(answers: Mapping[str, Any]) -> None:
    """Refuse names that the template's own rules let pass and the organization's document would not."""
    named = [("environment", name, LABEL_LIMIT) for name in answers["environments"]]
    problems = []
    for what, name, limit in (*named, ("management cluster", answers["management_cluster"], CLUSTER_LIMIT)):
        try:
            check_name(what, name, limit)
        except UserError as problem:
            problems.append(UserError(str(problem)))
    if problems:
        raise UserErrors("Some names are refused.", problems)


def _organization(answers: Mapping[str, Any]) -> Organization:
    """Return the organization that the answers describe, still without clusters."""
    platform = RepositoryAddress(owner=answers["org"], name=answers["platform_repo"], branch=answers["branch"])
    application = RepositoryAddress(
        owner=answers["app_org"], name=answers["application_repo"], branch=answers["branch"]
    )
    spec = OrganizationSpec(
        owner=answers["org"],
        git_url=answers["git_url"],
        domain=answers["domain"],
        repositories=Repositories(
            platform=platform, application=platform if answers["topology"] == "single" else application
        ),
        paths=Paths(
            catalog=answers["catalog_path"],
            clusters=answers["clusters_path"],
            apps=answers["apps_path"],
            environments=answers["environments_path"],
        ),
        environments=tuple(Environment(name=name) for name in answers["environments"]),
    )
    return Organization(metadata=Metadata(name=slug(answers["org"])), spec=spec)


def _wanted(organization: Organization) -> list[tuple[RepositoryAddress, tuple[Role, ...]]]:
    """Return the repositories with their roles; the platform repository comes last, so that its presence means all."""
    repositories = organization.spec.repositories
    if organization.single:
        return [(repositories.platform, ("platform", "application"))]
    return [(repositories.application, ("application",)), (repositories.platform, ("platform",))]


def _draft(
    organization: Organization,
    management: str,
    data: Mapping[str, Any],
    cluster_data: Mapping[str, Any],
    roles: Sequence[Role],
) -> Draft:
    layout, empty = organization.spec.paths.layout, MemoryTree()
    role = "single" if len(roles) > 1 else roles[0]
    draft = Draft(f"Create the {'' if role == 'single' else f'{role} '}repository of {organization.spec.owner}")
    given = {**data, **_supplied(role)}
    base, _ = render_instance(
        builtin("repository"), layout.repository_place(), empty, organization_context(organization), given
    )
    draft.instances[roles[0]].append(base)
    if "platform" in roles:
        wanted = Cluster(name=management, role="management", domain=f"{management}.{organization.spec.domain}")
        instances, cluster = cluster_instances(organization, wanted, empty, cluster_data, new=True)
        draft.instances["platform"] += [*missing_items(empty, layout, builtin_names("catalog")), *instances]
        complete = organization.model_copy(
            update={"spec": organization.spec.model_copy(update={"clusters": (cluster,)})}
        )
        draft.files["platform"][ORGANIZATION_FILE] = dump_documents([complete], _COMMENT)
    return draft


def _refuse_foreign(output: Path, organization: Organization) -> None:
    """A folder is ours if it is empty, or if all that it holds are owners of repositories that `init` makes."""
    if file := next((folder for folder in (output, *output.parents) if folder.exists() and not folder.is_dir()), None):
        raise UserError(f"{file} is a file.", hint="Name a folder with --output.")
    owners = {address.owner for address, _ in _wanted(organization)}
    foreign = sorted(
        entry.name for entry in (output.iterdir() if output.exists() else ()) if not _is_ours(entry, owners)
    )
    if foreign:
        raise UserError(
            f"{output} is not empty, and not made by gitopsmith: it holds {', '.join(foreign[:5])}.",
            hint="Name a new or empty folder with --output.",
        )


def _is_ours(entry: Path, owners: set[str]) -> bool:
    if not entry.is_dir():
        return False
    repositories = [child for child in entry.iterdir() if not child.name.startswith(".gitopsmith-")]
    return (entry.name in owners and not repositories) or any(
        (child / RECORDS).is_dir() and (child / ".git").exists() for child in repositories
    )


@dataclass(frozen=True)
class _Document:
    """The document of an organization that is there already."""

    path: Path
    organization: Organization


def _document_in(output: Path, answers: Mapping[str, Any]) -> _Document | None:
    """Return the document of the organization that is meant, where it is there already."""
    path = output / answers["org"] / answers["platform_repo"] / ORGANIZATION_FILE
    if not path.is_file():
        return None
    found = parse_document(path.read_bytes(), str(path), Organization)
    return _Document(path, found) if found.spec.owner == answers["org"] else None


def _answered_by(there: _Document) -> dict[str, Any]:
    """Return what a document answers of the questions of `init`."""
    spec = there.organization.spec
    answered = {
        "domain": spec.domain,
        "topology": "single" if there.organization.single else "two",
        "branch": spec.repositories.platform.branch,
    }
    if there.organization.single:
        return answered
    application = spec.repositories.application
    return {**answered, "app_org": application.owner, "application_repo": application.name}


def _refuse_another_shape(there: _Document, known: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """An organization that is there already keeps its repositories and its domain: `init` changes nothing."""
    if changes := [f"{key} {value} → {answers.get(key)}" for key, value in known.items() if answers.get(key) != value]:
        raise UserError(
            f"{there.path}: the organization is there already, and this would change it: {', '.join(changes)}.",
            hint="Leave these options out, or change the documents by hand; `init` does not change what is there.",
        )


def _refuse_other(path: Path, organization: Organization, roles: Sequence[Role]) -> None:
    """Refuse to take a folder for a repository of this organization that is something else."""
    if not (path / RECORDS).is_dir() or not (path / ".git").exists():
        raise UserError(f"{path} is not empty, and not made by gitopsmith.", hint="Name another folder with --output.")
    document = path / ORGANIZATION_FILE
    if "platform" in roles and document.is_file():
        found = parse_document(document.read_bytes(), str(document), Organization)
        if found.spec.owner != organization.spec.owner:
            raise UserError(
                f"{path} is the repository of {found.spec.owner}, not of {organization.spec.owner}.",
                hint="Name another folder with --output.",
            )
