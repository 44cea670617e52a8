"""Where everything stands in the generated repositories: every path, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.core.tree import Tree

RECORDS = ".gitopsmith"
"""The folder of the answers, mirrored by path, so that no file that is not a manifest lies where Argo CD reads."""

ORGANIZATION_FILE = "organization.yaml"
ENVIRONMENT_WAVE = "45-"
"""What the file name of an environment's Application begins with: its wave among the files of its cluster."""

PRISTINE_BRANCH = "gitopsmith/pristine"
"""The branch that holds what the templates alone produce."""

PRISTINE_TRAILER = "Gitopsmith-Pristine"
"""Names, in a commit, the commit of the pristine branch that it took its templates' output from."""


@dataclass(frozen=True)
class Place:
    """Where one instance stands in its repository.

    Attributes:
        destination: The folder that its template is rendered to; empty for the repository's root.
        record: The path of its answers.
        roots: What belongs to it: files, and folders that end with `/`; empty text for the whole repository.
    """

    destination: str
    record: str
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The folders of the generated repositories; an organization may name them otherwise.

    Attributes:
        catalog: Reusable templates, in the platform repository.
        clusters: What each cluster runs, in the platform repository.
        apps: The documents of each app, in the application repository.
        environments: What each environment runs, in the application repository.
    """

    catalog: str = "catalog"
    clusters: str = "registry/clusters"
    apps: str = "apps"
    environments: str = "registry/environments"

    def cluster(self, cluster: str) -> str:
        """Return the folder of a cluster."""
        return f"{self.clusters}/{cluster}"

    def item(self, item: str) -> str:
        """Return the folder of a catalog item's template."""
        return f"{self.catalog}/{item}"

    def app_document(self, app: str) -> str:
        """Return the file of an app's documents."""
        return f"{self.apps}/{app}.yaml"

    def environment(self, environment: str, cluster: str) -> str:
        """Return the folder of an environment on a cluster."""
        return f"{self.environments}/{environment}/{cluster}"

    def component_records(self, cluster: str) -> str:
        """Return the folder of the records of the catalog items on a cluster."""
        return f"{RECORDS}/{self.cluster(cluster)}/components"

    def app_records(self, environment: str, cluster: str) -> str:
        """Return the folder of the records of the apps in an environment on a cluster."""
        return f"{RECORDS}/{self.environment(environment, cluster)}"

    def repository_place(self) -> Place:
        """Return the place of what a repository starts with."""
        return Place("", f"{RECORDS}/repository.yaml", ("",))

    def item_place(self, item: str) -> Place:
        """Return the place of a catalog item's template."""
        return _folder_place(self.item(item))

    def cluster_place(self, cluster: str) -> Place:
        """Return the place of a cluster."""
        return _folder_place(self.cluster(cluster))

    def component_place(self, cluster: str, item: str) -> Place:
        """Return the place of a catalog item on a cluster."""
        return _folder_place(f"{self.cluster(cluster)}/components/{item}")

    def environment_place(self, environment: str, cluster: str) -> Place:
        """Return the place, in the platform repository, of an environment's Application on a cluster."""
        file = f"{self.cluster(cluster)}/{ENVIRONMENT_WAVE}{environment}.yaml"
        return Place(self.cluster(cluster), f"{RECORDS}/{file}", (file,))

    def environment_folder_place(self, environment: str, cluster: str) -> Place:
        """Return the place, in the application repository, of an environment's folder for a cluster."""
        return _folder_place(self.environment(environment, cluster))

    def app_place(self, environment: str, cluster: str, app: str) -> Place:
        """Return the place of an app in an environment on a cluster."""
        folder = self.environment(environment, cluster)
        return Place(folder, f"{RECORDS}/{folder}/{app}.yaml", (f"{folder}/{app}.yaml", f"{folder}/{app}/"))

    def places(self, paths: Iterable[str]) -> list[Place]:
        """Return the place of every record among `paths`, in their order."""
        return [place for path in paths if (place := self._place_of(path)) is not None]

    def places_within(self, place: Place, *trees: Tree) -> list[Place]:
        """Return the places of the instances that stand within another's, as the records in trees tell.

        A record is called as the root of its instance is: so only those below the roots of `place` are looked at.

        Args:
            place: The place around them.
            trees: Where the records are.
        """
        folders = [f"{RECORDS}/{root}".rstrip("/") for root in place.roots if not root or root.endswith("/")]
        return self.places(sorted({path for tree in trees for folder in folders for path in tree.under(folder)}))

    def _place_of(self, record: str) -> Place | None:
        if record == self.repository_place().record:
            return self.repository_place()
        for folder, place_below in (
            (self.catalog, self._place_in_catalog),
            (self.clusters, self._place_in_clusters),
            (self.environments, self._place_in_environments),
        ):
            if record.startswith(f"{RECORDS}/{folder}/") and record.endswith(".yaml"):
                names = record[len(f"{RECORDS}/{folder}/") : -len(".yaml")].split("/")
                if place := place_below(names):
                    return place
        return None

    def _place_in_catalog(self, names: list[str]) -> Place | None:
        return self.item_place(names[0]) if len(names) == 1 else None

    def _place_in_clusters(self, names: list[str]) -> Place | None:
        match names:
            case [cluster]:
                return self.cluster_place(cluster)
            case [cluster, "components", item]:
                return self.component_place(cluster, item)
            case [cluster, file] if file.startswith(ENVIRONMENT_WAVE):
                return self.environment_place(file.removeprefix(ENVIRONMENT_WAVE), cluster)
        return None

    def _place_in_environments(self, names: list[str]) -> Place | None:
        match names:
            case [environment, cluster]:
                return self.environment_folder_place(environment, cluster)
            case [environment, cluster, app]:
                return self.app_place(environment, cluster, app)
        return None


def owned(place: Place, others: Iterable[Place], paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of `paths` that belong to `place`: the instance with the longest root around a path owns it.

    Args:
        place: The instance that is asked about.
        others: The other instances of the repository; `place` itself may be among them.
        paths: Paths of the repository; a record belongs to its own instance only.
    """
    owners = {root: owner.record for owner in (*others, place) for root in owner.roots}
    return tuple(
        path for path in paths if (path if path.startswith(f"{RECORDS}/") else _owner(path, owners)) == place.record
    )


def _owner(path: str, owners: Mapping[str, str]) -> str | None:
    root = path
    while root not in owners:
        if not root:
            return None
        # One folder up; the root of the repository is the empty text.
        root = root.rstrip("/").rpartition("/")[0]
        root = f"{root}/" if root else ""
    return owners[root]


def _folder_place(folder: str) -> Place:
    return Place(folder, f"{RECORDS}/{folder}.yaml", (f"{folder}/",))
