"""The documents that describe an organization and its apps, as they stand in git and in the cluster.

API group `gitopsmith.dev/v1alpha1`. The file form is YAML; fields that are not known are refused, so that a
misspelt key is an error and not a setting that does nothing.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from generator.core.fields import Branch, ClusterName, Domain, Folder, GitServer, Name, Owner, RepositoryName
from generator.core.layout import Layout

API_VERSION: Literal["gitopsmith.dev/v1alpha1"] = "gitopsmith.dev/v1alpha1"

Level = Literal["release", "candidate", "preview"]
Cloud = Literal["aws", "google", "civo", "existing"]
ClusterRole = Literal["management", "physical", "virtual"]


class Part(BaseModel):
    """A part of a document: camelCase in YAML, immutable, no unknown fields."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Metadata(Part):
    """The object's metadata, as far as gitopsmith reads it."""

    name: Name
    namespace: Name | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Document(Part):
    """A document with a kind of its own."""

    api_version: Literal["gitopsmith.dev/v1alpha1"] = API_VERSION
    metadata: Metadata


class Repository(Part):
    """A repository on GitHub and the branch that is deployed from it.

    Attributes:
        owner: Who owns it.
        name: Its name.
        branch: The branch.
        protected: Whether the branch takes no pushes, so that each write goes through a pull request that is merged.
        commits: Who makes commits: git, or GitHub's API, which signs those of an App.
    """

    owner: Owner
    name: RepositoryName
    branch: Branch = "main"
    protected: bool = False
    commits: Literal["git", "api"] = "git"

    @property
    def slug(self) -> str:
        """The repository as GitHub writes it: `owner/name`."""
        return f"{self.owner}/{self.name}"


class Repositories(Part):
    """Where the two trees are kept; both may be the same repository."""

    platform: Repository
    application: Repository


class Paths(Part):
    """The folders of the repositories."""

    catalog: Folder = Layout.catalog
    clusters: Folder = Layout.clusters
    apps: Folder = Layout.apps
    environments: Folder = Layout.environments

    @model_validator(mode="after")
    def _stand_apart(self) -> Self:
        folders = (self.catalog, self.clusters, self.apps, self.environments)
        if len(set(folders)) < len(folders):
            raise ValueError("each must be another folder")
        return self

    @property
    def layout(self) -> Layout:
        """The folders as a layout."""
        return Layout(self.catalog, self.clusters, self.apps, self.environments)


class Environment(Part):
    """A step of the promotion order."""

    name: Name


class Cluster(Part):
    """A cluster and what runs on it."""

    name: ClusterName
    role: ClusterRole
    cloud: Cloud = "existing"
    region: str = ""
    domain: Domain
    host: ClusterName | None = None
    environments: tuple[Name, ...] = ()


class OrganizationSpec(Part):
    """What an organization consists of."""

    owner: Owner
    git_url: GitServer = "https://github.com"
    domain: Domain
    repositories: Repositories
    paths: Paths = Paths()
    environments: tuple[Environment, ...] = ()
    clusters: tuple[Cluster, ...] = ()

    @model_validator(mode="after")
    def _refer_to_what_exists(self) -> Self:
        environments = [environment.name for environment in self.environments]
        clusters = [cluster.name for cluster in self.clusters]
        for kind, names in (("environments", environments), ("clusters", clusters)):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"{kind}: named more than once: {', '.join(sorted(twice))}")
        for cluster in self.clusters:
            if unknown := set(cluster.environments) - set(environments):
                raise ValueError(
                    f"clusters: `{cluster.name}` has environments that `environments` does not list: "
                    f"{', '.join(sorted(unknown))}"
                )
        return self


class Organization(Document):
    """An organization: its repositories, its environments in promotion order, its clusters."""

    kind: Literal["Organization"] = "Organization"
    spec: OrganizationSpec

    @property
    def single(self) -> bool:
        """Whether both trees are in one repository."""
        return self.spec.repositories.platform.slug == self.spec.repositories.application.slug

    @property
    def management_cluster(self) -> Cluster | None:
        """The cluster that runs Argo CD, or None before there is one."""
        return next((cluster for cluster in self.spec.clusters if cluster.role == "management"), None)

    def url(self, repository: Repository) -> str:
        """Return the HTTPS address that Argo CD reads a repository from."""
        return f"{self.spec.git_url.rstrip('/')}/{repository.slug}.git"

    def cluster(self, name: str) -> Cluster | None:
        """Return the cluster called `name`, or None."""
        return next((cluster for cluster in self.spec.clusters if cluster.name == name), None)

    def clusters_of(self, environment: str) -> tuple[Cluster, ...]:
        """Return the clusters that an environment runs on, in the organization's order."""
        return tuple(cluster for cluster in self.spec.clusters if environment in cluster.environments)


class SecretReference(Part):
    """A Secret in the same namespace, by name."""

    name: Name


class GitHubRepositorySpec(Part):
    """The source repository of an app; the Secret holds its token under `GITHUB_AUTH_TOKEN`."""

    owner: Owner
    repo: RepositoryName
    config_secret: SecretReference = SecretReference(name="github-auth-token")
    max_available: int = Field(default=10, ge=0, le=1000)


class GitHubRepository(Document):
    """A repository whose releases and pull requests are followed."""

    kind: Literal["GitHubRepository"] = "GitHubRepository"
    spec: GitHubRepositorySpec


class Delivery(Part):
    """One rule: which releases reach an environment, and how.

    Attributes:
        environment: The environment.
        level: `release`: what is no prerelease; `candidate`: prereleases too.
        range: The versions that are let in, as npm writes ranges.
        mode: Whether they are committed to the branch that is deployed, or proposed as a pull request.
        wait_for_image: Whether a version waits until its image or chart can be pulled.
    """

    environment: Name
    level: Level = "release"
    range: str = "*"
    mode: Literal["commit", "pull-request"] = "commit"
    wait_for_image: bool = False


PREVIEW_TAG = r"^([A-Za-z0-9_.+-]|\{(sha|sha7|number|branch)\})+$"


class Preview(Part):
    """Whether and how an app's pull requests are deployed.

    Attributes:
        enabled: Whether they are.
        cluster: Where; None for the first cluster of the base environment that has the environment `preview`.
        base_environment: Whose answers a preview takes; None for the first in promotion order that has the app.
        tag: The image tag or chart version of a pull request's head, over `{sha}`, `{sha7}`, `{number}` and `{branch}`;
            None for `{sha}`, or for a chart, whose versions are semantic, `0.0.0-pr.{number}.g{sha7}`.
        ttl: How long a preview stays without activity, in hours or days.
        max: How many there are at once; the one that is idle longest goes first.
        pin: The label that keeps a preview whatever its age.
        bases: The branches that a pull request may aim at, `*` for any characters; none for every branch.
        labels: One of these is wanted; with `!` first, the label must not be there.
        forks: Whether pull requests from forks get one: never, with one of the labels, or like the others.
        drafts: Whether drafts get one.
        wait_for_image: Whether a preview waits until its image can be pulled.
    """

    enabled: bool = True
    cluster: ClusterName | None = None
    base_environment: Name | None = None
    tag: str | None = Field(default=None, pattern=PREVIEW_TAG, max_length=128)
    ttl: str = Field(default="72h", pattern=r"^[1-9][0-9]{0,5}[hd]$")
    max: int = Field(default=10, ge=0, le=1000)
    pin: str = "preview/pin"
    bases: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    forks: Literal["never", "labelled", "always"] = "never"
    drafts: bool = False
    wait_for_image: bool = True


class VersionField(Part):
    """Where a version stands in a repository that gitopsmith did not generate.

    Attributes:
        file: The file, from the repository's root; `{environment}` and `{cluster}` in it stand for their names.
        path: The scalar in it: keys and list positions joined by dots (`images[name=ghcr.io/acme/podinfo].newTag`), or
            the marker of one of Flux's image policies, wherever it stands in the file: `$imagepolicy:` and what the
            marker says (`$imagepolicy:flux-system:podinfo:tag`).
    """

    file: str
    path: str


class Match(Part):
    """How a tag of the source repository becomes a version; `{version}` stands for the version in the tag."""

    tag: str = Field(default="v{version}", pattern=r"\{version\}")


class MicroserviceSpec(Part):
    """An app: what is deployed, from which template, to which environments."""

    repository: SecretReference
    image: str | None = None
    chart: str | None = None
    match: Match = Match()
    template: str
    delivery: tuple[Delivery, ...] = ()
    preview: Preview = Preview()
    version_fields: tuple[VersionField, ...] = ()

    @model_validator(mode="after")
    def _deploys_something(self) -> Self:
        if not self.image and not self.chart:
            raise ValueError("one of `image` and `chart` is needed")
        return self


class Microservice(Document):
    """An app that is delivered to environments."""

    kind: Literal["Microservice"] = "Microservice"
    spec: MicroserviceSpec


class ExternalDNS(Part):
    """A host as a template over `FullName`, `StreamName` and `Name`."""

    domain: str
    disable_tls: bool = Field(default=False, alias="disableTLS")


class NetworkPolicySpec(Part):
    """The hosts of a microservice."""

    microservice: SecretReference
    external_dns: tuple[ExternalDNS, ...] = Field(default=(), alias="externalDNS")


class NetworkPolicy(Document):
    """The names under which a microservice and its previews are reached."""

    kind: Literal["NetworkPolicy"] = "NetworkPolicy"
    spec: NetworkPolicySpec


KINDS: dict[str, type[Document]] = {
    "Organization": Organization,
    "GitHubRepository": GitHubRepository,
    "Microservice": Microservice,
    "NetworkPolicy": NetworkPolicy,
}
"""Every kind of the API group, by name."""
