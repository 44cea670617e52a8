"""Apps: in environments on all of their clusters, with documents that people edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generator.core.document_text import parse_document
from generator.core.documents import Microservice
from generator.core.errors import UserError, UserErrors
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app, app_names, apps_in, remove_app
from generator.workspace.checkup import check_folder
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]

PODINFO = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")
CHART = NewApp("info", "acme/podinfo", chart="oci://ghcr.io/stefanprodan/charts/podinfo", version="6.7.0")
REFUSED = ["", "a" * 64, "Pod", "a.b", "pód", "..", "/etc", "yes", "null", "1e3"]


@pytest.fixture
def application(out: Path) -> Path:
    return out / "acme-apps/acme-gitops"


@pytest.fixture
def everywhere(acme: Open, commit: Commit) -> Open:
    """`acme` with `staging` on two clusters and `production` on one."""
    for environment, cluster in (("staging", "management"), ("production", "prod-eu")):
        commit(add_environment(acme(), environment, cluster, before=None, force=False))
    return acme


def where(workspace: Workspace, name: str) -> list[tuple[str, str]]:
    tree, layout = workspace.tree("application"), workspace.layout
    return [
        (environment, cluster.name)
        for environment in workspace.environments()
        for cluster in workspace.organization.clusters_of(environment)
        if name in apps_in(tree, layout, environment, cluster.name)
    ]


def delivered(application: Path, name: str) -> list[str]:
    path = application / f"apps/{name}.yaml"
    return [rule.environment for rule in parse_document(path.read_bytes(), str(path), Microservice).spec.delivery]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_kubernetes_or_yaml_cannot_take_is_refused(shared: Open, name: str) -> None:
    with pytest.raises(UserError, match="app"):
        add_app(shared(), replace(PODINFO, name=name), ["staging"], None, force=False)


def test_an_app_stands_where_the_design_says(acme: Open, application: Path, commit: Commit) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    folder = application / "registry/environments/staging/prod-eu"
    assert (application / "apps/podinfo.yaml").is_file()
    assert (folder / "podinfo.yaml").is_file()
    assert (folder / "podinfo/kustomization.yaml").is_file()
    assert (application / ".gitopsmith/registry/environments/staging/prod-eu/podinfo.yaml").is_file()
    assert [found for found in check_folder(application) if found.severity == "error"] == []


def test_a_chart_takes_the_template_for_charts(acme: Open, application: Path, commit: Commit) -> None:
    commit(add_app(acme(), CHART, ["staging"], None, force=False))
    assert (application / "registry/environments/staging/prod-eu/info/Chart.yaml").is_file()
    # The documents say what it is; a second command need not.
    again = NewApp("info", "acme/podinfo", version="6.7.1")
    commit(add_app(acme(), again, ["staging"], None, force=False))
    assert "6.7.1" in (application / "registry/environments/staging/prod-eu/info/Chart.yaml").read_text()


def test_an_app_goes_to_every_cluster_of_its_environments(everywhere: Open, application: Path, commit: Commit) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging", "production", "staging"], None, force=False))
    assert where(everywhere(), "podinfo") == [
        ("staging", "management"),
        ("staging", "prod-eu"),
        ("production", "prod-eu"),
    ]
    assert delivered(application, "podinfo") == ["staging", "production"]


def test_an_app_goes_to_one_cluster_where_it_is_named(everywhere: Open, commit: Commit) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging"], "prod-eu", force=False))
    assert where(everywhere(), "podinfo") == [("staging", "prod-eu")]


def test_a_second_environment_takes_image_and_template_from_the_documents(
    everywhere: Open, application: Path, commit: Commit
) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging"], None, force=False))
    commit(add_app(everywhere(), NewApp("podinfo", "acme/podinfo", version="6.6.0"), ["production"], None, force=False))
    kustomization = application / "registry/environments/production/prod-eu/podinfo/kustomization.yaml"
    assert "ghcr.io/stefanprodan/podinfo" in kustomization.read_text()
    assert "6.6.0" in kustomization.read_text()
    assert delivered(application, "podinfo") == ["staging", "production"]


def test_a_second_add_keeps_earlier_answers_and_proposes_nothing_new(acme: Open, commit: Commit) -> None:
    first = replace(PODINFO, data={"replicas": "3"})
    commit(add_app(acme(), first, ["staging"], None, force=False))
    assert add_app(acme(), first, ["staging"], None, force=False).repositories == ()
    assert add_app(acme(), PODINFO, ["staging"], None, force=False).repositories == ()


def test_an_app_deploys_an_image_or_a_chart(shared: Open) -> None:
    with pytest.raises(UserError, match="both an image and a chart"):
        add_app(shared(), replace(PODINFO, chart="oci://ghcr.io/a/b"), ["staging"], None, force=False)


def test_the_documents_know_the_repository(everywhere: Open, application: Path, commit: Commit) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging"], "management", force=False))
    again = NewApp("podinfo", version="6.7.1")
    commit(add_app(everywhere(), again, ["production"], None, force=False))
    assert where(everywhere(), "podinfo") == [("staging", "management"), ("production", "prod-eu")]
    assert delivered(application, "podinfo") == ["staging", "production"]


def test_what_is_not_said_is_asked_for(shared: Open) -> None:
    with pytest.raises(UserError, match="Nothing is said of where the source of `podinfo` is") as asked:
        add_app(shared(), replace(PODINFO, repository=""), ["staging"], None, force=False)
    assert "--repo OWNER/NAME" in asked.value.hint
    with pytest.raises(UserError, match="Nothing is said of what `podinfo` deploys"):
        add_app(shared(), replace(PODINFO, image=None), ["staging"], None, force=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repository": "acme/other"}, "repository acme/podinfo → acme/other"),
        ({"image": "ghcr.io/acme/other"}, "image ghcr.io/stefanprodan/podinfo → ghcr.io/acme/other"),
        ({"template": "chart"}, "template service → chart"),
    ],
)
def test_the_documents_are_not_contradicted(acme: Open, commit: Commit, change: dict[str, str], said: str) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    with pytest.raises(UserError, match=said):
        add_app(acme(), replace(PODINFO, **change), ["staging"], None, force=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("repository", ["acme", "acme/", "/podinfo", "a/b/c", "acme/..", "ac me/x", "https://x/y"])
def test_a_repository_is_an_owner_and_a_name(shared: Open, repository: str) -> None:
    with pytest.raises(UserError, match=r"is not OWNER/NAME|is given as an address|is not a GitHub"):
        add_app(shared(), replace(PODINFO, repository=repository), ["staging"], None, force=False)


def test_unknown_things_are_named_with_what_was_meant(shared: Open) -> None:
    for environments, cluster, template, said, meant in (
        (["stagin"], None, "", "no environment `stagin`", "staging"),
        (["staging"], "prod-ue", "", "no cluster `prod-ue`", "prod-eu"),
        (["staging"], None, "servce", "no app template `servce`", "service"),
    ):
        with pytest.raises(UserError, match=said) as unknown:
            add_app(shared(), replace(PODINFO, template=template), environments, cluster, force=False)
        assert f"Did you mean `{meant}`?" in unknown.value.hint


def test_a_catalog_item_for_clusters_is_no_template_for_apps(shared: Open) -> None:
    with pytest.raises(UserError, match="no app template `loki`"):
        add_app(shared(), replace(PODINFO, template="loki"), ["staging"], None, force=False)


def test_an_environment_on_no_cluster_says_how_to_put_it_on_one(shared: Open) -> None:
    with pytest.raises(UserError, match="does not run on any cluster") as refused:
        add_app(shared(), PODINFO, ["production"], None, force=False)
    assert "gitopsmith env add production --cluster" in refused.value.hint
    with pytest.raises(UserError, match="does not run on management"):
        add_app(shared(), PODINFO, ["staging"], "management", force=False)


def test_all_refused_answers_are_named(shared: Open) -> None:
    bad = replace(PODINFO, version="not a tag", data={"replicas": "x", "replica": "1"})
    with pytest.raises(UserErrors) as refused:
        add_app(shared(), bad, ["staging"], None, force=False)
    assert {problem.message.partition(":")[0] for problem in refused.value.problems} == {
        "`replica`",
        "`replicas`",
        "`version`",
    }


@pytest.mark.parametrize("key", ["name", "path", "namespace", "cluster", "environment", "source_owner"])
def test_what_the_organization_knows_is_not_answered(shared: Open, key: str) -> None:
    with pytest.raises(UserErrors, match=f"`{key}`: is `.*` here, found `x/../..`"):
        add_app(shared(), replace(PODINFO, data={key: "x/../.."}), ["staging"], None, force=False)


def test_an_app_leaves_the_environments_that_are_named(everywhere: Open, application: Path, commit: Commit) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging", "production"], None, force=False))
    commit(remove_app(everywhere(), "podinfo", ["staging"], "management", force=False))
    assert delivered(application, "podinfo") == ["staging", "production"]
    commit(add_app(everywhere(), PODINFO, ["staging"], None, force=False))
    commit(remove_app(everywhere(), "podinfo", ["staging"], None, force=False))
    assert where(everywhere(), "podinfo") == [("production", "prod-eu")]
    assert delivered(application, "podinfo") == ["production"]


def test_the_documents_stay_while_environments_are_named(everywhere: Open, application: Path, commit: Commit) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging"], None, force=False))
    path = application / "apps/podinfo.yaml"
    commit(remove_app(everywhere(), "podinfo", ["staging"], None, force=False))
    assert delivered(application, "podinfo") == []
    assert path.read_text().startswith("# What gitopsmith knows of this app")
    commit(remove_app(everywhere(), "podinfo", [], None, force=False))
    assert not path.exists()


def test_an_app_goes_and_leaves_nothing(acme: Open, application: Path, commit: Commit, git: Git) -> None:
    before = git(application, "rev-parse", "main^{tree}", "gitopsmith/pristine^{tree}")
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    assert app_names(acme().tree("application"), acme().layout) == ["podinfo"]
    commit(remove_app(acme(), "podinfo", [], None, force=False))
    assert git(application, "rev-parse", "main^{tree}", "gitopsmith/pristine^{tree}") == before


@pytest.mark.parametrize("name", ["podinf", "", "..", "../x", "/etc"])
def test_removing_what_is_not_there_changes_nothing_and_says_so(acme: Open, commit: Commit, name: str) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    for environments in ([], ["staging"]):
        proposal = remove_app(acme(), name, environments, None, force=True)
        assert proposal.repositories == ()
        assert "There is no app" in proposal.notes[0]


def test_comments_and_formatting_by_hand_survive_every_verb(
    everywhere: Open, application: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(everywhere(), PODINFO, ["staging"], None, force=False))
    path = application / "apps/podinfo.yaml"
    mine = (
        path.read_bytes()
        .replace(b"  image: ", b"  # from the vendor\n  image:   ", 1)
        .replace(b"    - environment: staging\n", b"    - environment: 'staging'   # first\n\n", 1)
        .replace(b"---\n", b"---   # the next\n", 1)
    )
    assert mine.count(b"#") == path.read_bytes().count(b"#") + 3
    path.write_bytes(mine)
    git(application, "commit", "--quiet", "--all", "--message", "by hand")
    commit(add_app(everywhere(), PODINFO, ["production"], None, force=False))
    added = path.read_bytes()
    assert [line for line in mine.splitlines(keepends=True) if line not in added] == []
    assert delivered(application, "podinfo") == ["staging", "production"]
    commit(remove_app(everywhere(), "podinfo", ["production"], None, force=False))
    assert path.read_bytes() == mine


def test_a_broken_document_is_named_with_file_and_key(acme: Open, application: Path, commit: Commit, git: Git) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    path = application / "apps/podinfo.yaml"
    path.write_text(path.read_text().replace("  image: ", "  imagee: "))
    git(application, "commit", "--quiet", "--all", "--message", "by hand")
    with pytest.raises(UserError, match=r"apps/podinfo.yaml(.|\n)*imagee"):
        add_app(acme(), PODINFO, ["staging"], None, force=False)


def test_a_hand_edit_survives_or_is_reported(acme: Open, application: Path, commit: Commit, git: Git) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    folder = application / "registry/environments/staging/prod-eu/podinfo"
    edited = (folder / "service.yaml").read_text() + "# mine\n"
    (folder / "service.yaml").write_text(edited)
    git(application, "commit", "--quiet", "--all", "--message", "by hand")

    # The answer is in another file: the edit survives.
    commit(add_app(acme(), replace(PODINFO, data={"memory_request": "256Mi"}), ["staging"], None, force=False))
    assert (folder / "service.yaml").read_text() == edited
    assert "256Mi" in (folder / "deployment.yaml").read_text()

    # The answer is in this file: the conflict is reported with the file, and only --force lets go of it.
    other = replace(PODINFO, data={"port": "81"})
    with pytest.raises(UserError, match=r"podinfo/service\.yaml"):
        add_app(acme(), other, ["staging"], None, force=False)
    forced = add_app(acme(), other, ["staging"], None, force=True)
    assert "podinfo/service.yaml: was edited by hand" in "".join(forced.notes)
    commit(forced)
    assert "# mine" not in (folder / "service.yaml").read_text()


def test_files_by_hand_in_an_apps_folder_stay_or_are_reported(
    acme: Open, application: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    mine = application / "registry/environments/staging/prod-eu/podinfo/mine.yaml"
    mine.write_text("a: 1\n")
    git(application, "add", "--all")
    git(application, "commit", "--quiet", "--message", "by hand")
    commit(add_app(acme(), replace(PODINFO, version="6.8.0"), ["staging"], None, force=False))
    assert mine.read_text() == "a: 1\n"
    with pytest.raises(UserError, match=r"podinfo/mine\.yaml"):
        remove_app(acme(), "podinfo", [], None, force=False)
    commit(remove_app(acme(), "podinfo", [], None, force=True))
    assert not mine.parent.exists()


def test_a_version_that_was_moved_since_is_not_moved_back(
    acme: Open, application: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    kustomization = application / "registry/environments/staging/prod-eu/podinfo/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("6.7.0", "6.9.9"))
    git(application, "commit", "--quiet", "--all", "--message", "a release")
    quiet = replace(PODINFO, version=None, data={"memory_request": "256Mi"})
    commit(add_app(acme(), quiet, ["staging"], None, force=False))
    assert "6.9.9" in kustomization.read_text()
    assert "6.7.0" not in kustomization.read_text()


def test_a_version_is_not_set_behind_the_back_of_a_release(
    acme: Open, application: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    kustomization = application / "registry/environments/staging/prod-eu/podinfo/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("6.7.0", "6.9.9"))
    git(application, "commit", "--quiet", "--all", "--message", "a release")
    with pytest.raises(UserError, match=r"it runs 6\.9\.9 there") as refused:
        add_app(acme(), replace(PODINFO, version="7.0.0"), ["staging"], None, force=False)
    assert "gitopsmith set-version podinfo 7.0.0 --env staging" in refused.value.hint
    # The command that added the app changes nothing still.
    assert add_app(acme(), PODINFO, ["staging"], None, force=False).repositories == ()


def test_the_first_version_is_not_guessed(shared: Open) -> None:
    with pytest.raises(UserError, match="Which version of `podinfo` runs in staging first") as refused:
        add_app(shared(), replace(PODINFO, version=None), ["staging"], None, force=False)
    assert "--version" in refused.value.hint


def test_two_apps_never_share_a_namespace(acme: Open, commit: Commit) -> None:
    commit(add_environment(acme(), "eu-staging", "prod-eu", before=None, force=False))
    commit(add_app(acme(), replace(PODINFO, name="web-eu"), ["staging"], None, force=False))
    with pytest.raises(UserError, match="share the namespace `web-eu-staging`"):
        add_app(acme(), replace(PODINFO, name="web"), ["eu-staging"], None, force=False)


def test_an_app_takes_its_answers_along_to_another_environment(acme: Open, application: Path, commit: Commit) -> None:
    commit(add_environment(acme(), "production", "prod-eu", before=None, force=False))
    answers = {"container_port": 9898, "host": "podinfo.example.com"}
    commit(add_app(acme(), replace(PODINFO, data=answers), ["staging"], None, force=False))
    proposal = add_app(acme(), replace(PODINFO, version="6.6.0"), ["production"], None, force=False)
    assert proposal.notes == ("production on prod-eu takes from staging: container_port.",)
    commit(proposal)
    folder = application / "registry/environments/production/prod-eu/podinfo"
    assert "containerPort: 9898" in (folder / "deployment.yaml").read_text()
    assert "podinfo.example.com" not in (folder / "ingress.yaml").read_text()
    assert "6.6.0" in (folder / "kustomization.yaml").read_text()


def test_what_is_answered_wins_over_what_is_taken_along(acme: Open, application: Path, commit: Commit) -> None:
    commit(add_environment(acme(), "production", "prod-eu", before=None, force=False))
    commit(add_app(acme(), replace(PODINFO, data={"container_port": 9898}), ["staging"], None, force=False))
    commit(add_app(acme(), replace(PODINFO, data={"container_port": 80}), ["production"], None, force=False))
    folder = application / "registry/environments/production/prod-eu/podinfo"
    assert "containerPort: 80\n" in (folder / "deployment.yaml").read_text()
