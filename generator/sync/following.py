"""Which apps follow which source repositories, as their documents in the application repository say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from generator.core.document_text import parse_documents
from generator.core.documents import Document, GitHubRepository, Microservice
from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.tree import File, Tree, yaml_names


@dataclass(frozen=True)
class FollowedApp:
    """An app and the repository that it is built from.

    Attributes:
        name: The app.
        repository: Its source.
        service: What is deployed, and by which rules.
    """

    name: str
    repository: GitHubRepository
    service: Microservice

    @property
    def slug(self) -> str:
        """The source, `owner/name`."""
        return f"{self.repository.spec.owner}/{self.repository.spec.repo}"


@dataclass(frozen=True)
class Following:
    """Every app, by the source repository that it follows.

    Attributes:
        apps: The apps of each repository, by its folded `owner/name`.
        broken: What is wrong with the documents of apps that cannot be followed.
    """

    apps: Mapping[str, Sequence[FollowedApp]] = field(default_factory=dict)
    broken: tuple[UserError, ...] = ()

    def of(self, repository: str) -> Sequence[FollowedApp]:
        """Return the apps that are built from a repository, `owner/name` in whatever case."""
        return self.apps.get(repository.casefold(), ())

    def repositories(self) -> list[str]:
        """Return every repository that is followed, `owner/name` as the documents spell it."""
        return [apps[0].slug for apps in self.apps.values()]


class DocumentReader:
    """Reads the apps of a tree; a file that did not change since the last time is not parsed again."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[File, list[Document] | UserError]] = {}

    def read(self, tree: Tree, layout: Layout) -> Following:
        """Return which apps follow what.

        Args:
            tree: The application repository.
            layout: Where it keeps everything.
        """
        parsed = {}
        for name in yaml_names(tree, layout.apps):
            path = layout.app_document(name)
            if (file := tree.get(path)) is not None:
                known = self._parsed.get(path)
                parsed[path] = known if known and known[0] == file else (file, _parse(file, path))
        self._parsed = parsed
        return _following((path, documents) for path, (_, documents) in parsed.items())


def _following(parsed: Iterable[tuple[str, list[Document] | UserError]]) -> Following:
    apps: dict[str, list[FollowedApp]] = {}
    broken = []
    for path, documents in parsed:
        if isinstance(documents, UserError):
            broken.append(documents)
            continue
        name = path.rpartition("/")[2].removesuffix(".yaml")
        repository = next((found for found in documents if isinstance(found, GitHubRepository)), None)
        service = next((found for found in documents if isinstance(found, Microservice)), None)
        if repository and service:
            app = FollowedApp(name, repository, service)
            apps.setdefault(app.slug.casefold(), []).append(app)
    return Following(apps, tuple(broken))


def _parse(file: File, path: str) -> list[Document] | UserError:
    try:
        return parse_documents(file.data, path)
    except UserError as error:
        return error
