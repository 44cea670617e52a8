"""Plans versions: the edits that make an app run a version in an environment, on every cluster that it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from generator.core.change import Change, ChangedTree, needed
from generator.core.document_text import parse_document
from generator.core.documents import Microservice
from generator.core.errors import UserError, UserErrors
from generator.core.intents import Promote, SetVersion
from generator.core.layout import Layout
from generator.core.moves import Move, body, subject
from generator.core.names import closest
from generator.core.record import parse_record
from generator.core.tree import File, Tree, yaml_names
from generator.core.version_field import VersionField
from generator.core.versions import is_older, is_version
from generator.core.yamltext import YamlSyntaxError

_CLUSTER = "{cluster}"
_SUPERSEDES = "Gitopsmith-Supersedes"
_NONE = "None of these versions can be set."


@dataclass(frozen=True)
class Deployed:
    """A version where it stands.

    Attributes:
        cluster: The cluster that it is for.
        path: The file in the repository.
        field: The place in it.
        version: The version that stands there.
    """

    cluster: str
    path: str
    field: VersionField
    version: str


@dataclass
class _Planned:
    """What one intent comes to: the files as they shall be, what moves in them by place, and what was left alone."""

    files: dict[str, File] = field(default_factory=dict)
    moves: dict[tuple[str, VersionField], Move] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def plan_version(tree: Tree, layout: Layout, intent: SetVersion) -> Change:
    """Return the change that makes an app run a version in an environment.

    A version that runs already, and one that is older than what runs, change nothing: late and repeated news are
    harmless. What was left alone for its age is named in the change's notes.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        intent: What should be true.

    Raises:
        UserError: The app is not in the environment, no place of its version is declared, or it cannot be written.
    """
    return plan_versions(tree, layout, [intent])


def plan_versions(tree: Tree, layout: Layout, intents: Sequence[SetVersion]) -> Change:
    """Return the one change that makes apps run versions in environments: all that one piece of news leads to.

    An intent that cannot be planned does not hold the others up: it is named in the change's notes.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        intents: What should be true; each is planned on what the former ones changed. The first tells where the news
            comes from.

    Raises:
        UserError: As `plan_version`, where none of the intents can be planned.
    """
    files: dict[str, File] = {}
    moves: dict[tuple[str, VersionField], Move] = {}
    notes: list[str] = []
    refused: list[UserError] = []
    for intent in intents:
        try:
            planned = _plan(ChangedTree(tree, files), layout, intent)
        except UserError as error:
            refused.append(error)
            continue
        files |= planned.files
        notes += planned.notes
        for key, move in planned.moves.items():
            moves[key] = replace(move, before=moves[key].before) if key in moves else move
    if refused and len(refused) == len(intents):
        raise refused[0] if len({str(error) for error in refused}) == 1 else UserErrors(_NONE, refused)
    told = [move for move in moves.values() if move.before != move.version] or [_asked(intent) for intent in intents]
    return Change(
        needed(tree, files),
        subject(told) if told else "",
        body(told),
        _trailers(intents),
        tuple(dict.fromkeys([*notes, *(" ".join(str(error).split("\n")) for error in refused)])),
    )


def plan_promotion(tree: Tree, layout: Layout, intent: Promote) -> Change:
    """Return the change that makes an app run in one environment what it runs in another.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        intent: What should be true.

    Raises:
        UserError: As `plan_version`, the clusters of the source do not agree on a version, or both environments are
            the same.
    """
    if intent.source == intent.target:
        raise UserError(
            f"`{intent.source}` is both where the version comes from and where it goes.", hint="Name two environments."
        )
    versions = sorted({place.version for place in deployed(tree, layout, intent.app, intent.source)})
    if len(versions) > 1:
        raise UserError(
            f"The clusters of {intent.source} run different versions of {intent.app}: {', '.join(versions)}.",
            hint=f"Say which one: gitopsmith set-version {intent.app} VERSION --env {intent.target}",
        )
    wanted = SetVersion(
        intent.app, intent.target, versions[0], allow_downgrade=intent.allow_downgrade, provenance=intent.provenance
    )
    change = plan_version(tree, layout, wanted)
    return replace(change, body="\n\n".join(filter(None, (f"Promoted from {intent.source}.", change.body))))


def deployed(tree: Tree, layout: Layout, app: str, environment: str, cluster: str | None = None) -> list[Deployed]:
    """Return every place where the version of an app stands in an environment, clusters in order.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        app: The app.
        environment: The environment.
        cluster: The one cluster that is meant; None for all.

    Raises:
        UserError: There is no such app in the environment, or nothing declares where its version stands.
    """
    found = [
        Deployed(name, path, field, version)
        for name, path, field in _places(tree, layout, app, environment)
        if cluster in (None, name) and (version := _read(tree, path, field)) is not None
    ]
    if not found:
        raise _nowhere(tree, layout, app, environment, cluster)
    return found


def _read(tree: Tree, path: str, field: VersionField) -> str | None:
    try:
        return field.read(tree.get(path))
    except YamlSyntaxError as error:
        raise UserError(f"{path}: {error.message}", hint=error.hint) from error


def may_be_deployed(tree: Tree, layout: Layout, app: str, environment: str) -> bool:
    """Return whether an app may be in an environment: what cannot be read may say so.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        app: The app.
        environment: The environment.
    """
    try:
        places = _places(tree, layout, app, environment)
        return _is_in(tree, layout, app, environment) or any(tree.get(path) for _, path, _ in places)
    except UserError:
        return True


def _places(tree: Tree, layout: Layout, app: str, environment: str) -> Iterator[tuple[str, str, VersionField]]:
    """Yield where the version may stand: as the app's document declares, else as the records of its instances say."""
    if declared := _declared(tree, layout, app):
        for field in declared:
            yield from _expanded(tree, field, environment)
        return
    for cluster in tree.children(f"{layout.environments}/{environment}"):
        place = layout.app_place(environment, cluster, app)
        record = tree.get(place.record)
        for field in parse_record(record.data, place.record).version_fields if record else ():
            yield cluster, field.file_in(place.destination), field


def _declared(tree: Tree, layout: Layout, app: str) -> list[VersionField]:
    """Return the places that the app's own document declares, for a repository of another layout."""
    path = layout.app_document(app)
    document = tree.get(path)
    if document is None:
        return []
    declared = parse_document(document.data, path, Microservice).spec.version_fields
    return [VersionField(field.file, field.path) for field in declared]


def _expanded(tree: Tree, field: VersionField, environment: str) -> Iterator[tuple[str, str, VersionField]]:
    """Yield a declared place for each cluster: `{environment}` is this one, `{cluster}` every name that is there."""
    path = field.file.replace("{environment}", environment)
    if _CLUSTER not in path:
        yield "", path, field
        return
    segments = path.split("/")
    at = next(index for index, segment in enumerate(segments) if _CLUSTER in segment)
    before, _, after = segments[at].partition(_CLUSTER)
    for name in tree.children("/".join(segments[:at])):
        if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
            cluster = name[len(before) : len(name) - len(after)]
            yield cluster, path.replace(_CLUSTER, cluster), field


def _plan(tree: Tree, layout: Layout, intent: SetVersion) -> _Planned:
    """Plan one intent; all of it, or where an error is raised nothing."""
    planned = _Planned()
    for place in deployed(tree, layout, intent.app, intent.environment, intent.cluster):
        if place.version == intent.version:
            continue
        if is_older(intent.version, place.version) and not intent.allow_downgrade:
            where = f"{intent.environment} on {place.cluster}" if place.cluster else intent.environment
            planned.notes.append(
                f"{intent.app} runs {place.version} in {where}, newer than {intent.version}. "
                "An older version is written with --allow-downgrade."
            )
            continue
        if place.path.endswith("/Chart.yaml") and not is_version(intent.version.removeprefix("v")):
            raise UserError(f"{place.path}: `{intent.version}` is no version of a chart.", hint="Use one like 6.7.1.")
        file = planned.files.get(place.path) or tree.get(place.path)
        if file is not None:
            planned.files[place.path] = place.field.write(file, intent.version)
            planned.moves[place.path, place.field] = replace(
                _asked(intent), before=place.version, place=place.cluster or place.path
            )
    return planned


def _asked(intent: SetVersion) -> Move:
    return Move(intent.app, intent.environment, intent.version, only_on=intent.cluster)


def _trailers(intents: Sequence[SetVersion]) -> tuple[tuple[str, str], ...]:
    superseded = dict.fromkeys(delivery for intent in intents for delivery in intent.supersedes)
    provenance = intents[0].provenance.trailers() if intents else ()
    return (*provenance, *((_SUPERSEDES, delivery) for delivery in superseded))


def _nowhere(tree: Tree, layout: Layout, app: str, environment: str, cluster: str | None) -> UserError:
    where = f"{environment} on {cluster}" if cluster else environment
    document = layout.app_document(app)
    if declared := _declared(tree, layout, app):
        listed = ", ".join(f"{field.path} in {field.file}" for field in declared)
        return UserError(
            f"{document}: spec.versionFields: there is no {listed} for {where}.",
            hint="`file` counts from the repository's root; {environment} and {cluster} in it stand for their names.",
        )
    places = _places(tree, layout, app, environment)
    if recorded := next(((path, field) for on, path, field in places if cluster in (None, on)), None):
        path, field = recorded
        return UserError(
            f"{path}: there is no `{field.path}`, which should hold the version of {app} in {where}.",
            hint=f"Write it there again; or, if it stands elsewhere, say so in {document}: spec.versionFields.",
        )
    if _is_in(tree, layout, app, environment, cluster):
        return UserError(
            f"Nothing says where the version of {app} stands in {where}.",
            hint=f"Declare it in {document}: spec.versionFields, each with `file` (from the root) and `path`.",
        )
    environments = [name for name in tree.children(layout.environments) if _is_in(tree, layout, app, name)]
    if environments:
        there = f"--env {environment} --cluster {cluster}" if cluster else f"--env {environment}"
        hint = f"It is in {', '.join(environments)}. Bring it there: gitopsmith app add {app} {there}"
        return UserError(f"The app `{app}` is not in {where}.", hint=f"{hint} --version VERSION")
    guess = closest(app, yaml_names(tree, layout.apps))
    return UserError(
        f"There is no app `{app}`.", hint=f"Did you mean `{guess}`?" if guess else "No environment has it."
    )


def _is_in(tree: Tree, layout: Layout, app: str, environment: str, cluster: str | None = None) -> bool:
    clusters = tree.children(f"{layout.environments}/{environment}")
    return any(tree.get(layout.app_place(environment, on, app).record) for on in clusters if cluster in (None, on))
