"""Previews on disk: rendered from the base's answers, committed in place, gone without a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.core.errors import UserError
from generator.core.intents import EnsurePreview, RemovePreview
from generator.core.provenance import Provenance
from generator.core.pull_requests import PullRequest
from generator.core.tree import MemoryTree
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app, remove_app
from generator.workspace.checkup import check_folder
from generator.workspace.environments import add_environment, remove_environment
from generator.workspace.preview_rendering import Source
from generator.workspace.previews import (
    Decide,
    garbage_of,
    plan_close,
    plan_collection,
    plan_open,
    previews,
    propose,
)
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]

APPLICATION = Path("acme-apps/acme-gitops")
PLACE = Path("registry/environments/preview/prod-eu")
NOW = "2026-01-31T12:00:00Z"
SHA = "3f2c1a9" + "0" * 33
LATER = "9b8c7d6" + "0" * 33
PODINFO = NewApp(
    "podinfo",
    "acme/podinfo",
    image="ghcr.io/stefanprodan/podinfo",
    version="6.7.0",
    data={
        "container_port": 9898,
        "replicas": 3,
        "max_replicas": 9,
        "host": "podinfo.acme.example.com",
        "labels": {"team": "payments"},
        "env": {"LOG_LEVEL": "debug"},
    },
)
CHART = NewApp("frontend", "acme/frontend", chart="oci://ghcr.io/stefanprodan/charts/podinfo", version="6.7.0")


def ensure(number: int = 7, sha: str = SHA, app: str = "podinfo", **told: Any) -> EnsurePreview:
    branch = "feat/x" if number == 7 else f"feat/{number}"
    pull_request = PullRequest(number, sha, **{"branch": branch, "updated_at": NOW, **told})
    return EnsurePreview(app, pull_request, pull_request.updated_at or NOW)


def opens(number: int = 7, sha: str = SHA, app: str = "podinfo", *, force: bool = False, **told: Any) -> Decide:
    return lambda source: plan_open(source, ensure(number, sha, app, **told), force=force)


def closes(*, force: bool = False) -> Decide:
    return lambda source: plan_close(source, RemovePreview("podinfo", 7), force=force)


def collects(app: str | None = None, *, force: bool = False) -> Decide:
    return lambda source: plan_collection(source, NOW, app, force=force)


@pytest.fixture
def repository(out: Path, acme: Open, commit: Commit) -> Path:
    """The application repository of `acme`, with podinfo in `staging` and the environment `preview` beside it."""
    commit(add_environment(acme(), "preview", "prod-eu", before=None, force=False))
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    return out / APPLICATION


@pytest.fixture
def opening(repository: Path, acme: Open, commit: Commit) -> Callable[..., list[str | None]]:
    """Open a preview and commit it."""
    return lambda *arguments, **told: commit(propose(acme(), opens(*arguments, **told)))


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_bytes())


def policy(repository: Path, git: Git, text: str, app: str = "podinfo") -> None:
    """Write an app's wishes for its previews into its documents, as a person would."""
    path = repository / f"apps/{app}.yaml"
    documents = list(yaml.safe_load_all(path.read_bytes()))
    for document in documents:
        if document["kind"] == "Microservice":
            document["spec"]["preview"] = yaml.safe_load(text)
    path.write_text(yaml.safe_dump_all(documents))
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")


# ---- What is rendered -----------------------------------------------------------------------------------------


def test_a_preview_is_the_base_with_its_own_names_version_host_and_one_pod(
    repository: Path, opening: Callable[..., Any]
) -> None:
    opening()
    folder = repository / PLACE / "podinfo-pr-7"
    application = load(repository / PLACE / "podinfo-pr-7.yaml")
    deployment = load(folder / "deployment.yaml")["spec"]
    container = deployment["template"]["spec"]["containers"][0]
    assert application["metadata"]["name"] == "podinfo-pr-7-preview"
    assert application["spec"]["source"]["path"] == f"{PLACE}/podinfo-pr-7"
    assert application["spec"]["destination"] == {"name": "prod-eu", "namespace": "podinfo-pr-7-preview"}
    assert load(folder / "kustomization.yaml")["images"] == [{"name": PODINFO.image, "newTag": SHA}]
    assert (
        load(folder / "ingress.yaml")["spec"]["rules"][0]["host"]
        == "podinfo-pr-01e0lbu0.preview.prod-eu.acme.example.com"
    )
    assert deployment["replicas"] == 1
    assert not list(folder.glob("*autoscaler*"))
    assert container["ports"][0]["containerPort"] == 9898
    assert container["env"] == [{"name": "LOG_LEVEL", "value": "debug"}]


def test_a_preview_is_marked_with_what_it_shows_and_until_when(repository: Path, opening: Callable[..., Any]) -> None:
    opening()
    metadata = load(repository / PLACE / "podinfo-pr-7.yaml")["metadata"]
    marks = {key: value for key, value in metadata["annotations"].items() if key.startswith("gitopsmith.dev/")}
    assert marks == {
        "gitopsmith.dev/app": "podinfo",
        "gitopsmith.dev/pull-request": "7",
        "gitopsmith.dev/repository": "acme/podinfo",
        "gitopsmith.dev/sha": SHA,
        "gitopsmith.dev/branch": "feat/x",
        "gitopsmith.dev/updated": "2026-01-31T00:00:00Z",
        "gitopsmith.dev/expires": "2026-02-03T18:00:00Z",
    }
    assert metadata["labels"]["gitopsmith.dev/app"] == "podinfo"
    assert metadata["labels"]["gitopsmith.dev/pull-request"] == "7"
    assert metadata["labels"]["team"] == "payments"


@pytest.mark.parametrize(
    "branch", ["a'\"b", "{{ 7 * 7 }}", "{% raw %}", "x\nkind: Secret", "<CLUSTER>", "$(host)", "b" * 255, "\ud800"]
)
def test_no_branch_breaks_a_manifest(
    repository: Path, acme: Open, opening: Callable[..., Any], branch: str, out: Path
) -> None:
    opening(branch=branch)
    assert check_folder(out) == []
    shown = load(repository / PLACE / "podinfo-pr-7.yaml")["metadata"]["annotations"]["gitopsmith.dev/branch"]
    assert shown == branch.translate(str.maketrans("\n{}<>", " ????", "\ud800"))
    assert previews(acme()).rows[0]["branch"] == shown


def test_what_is_the_bases_own_is_never_taken_over(
    repository: Path, acme: Open, commit: Commit, opening: Callable[..., Any]
) -> None:
    # Answered by a person, if only with what is so anyway: these are in the record as given.
    own = {"name": "podinfo", "namespace": "podinfo-staging", "application_name": "podinfo-staging"}
    commit(add_app(acme(), NewApp("podinfo", "acme/podinfo", data=own), ["staging"], None, force=False))
    opening()
    application = load(repository / PLACE / "podinfo-pr-7.yaml")
    assert application["metadata"]["name"] == "podinfo-pr-7-preview"
    assert application["spec"]["destination"]["namespace"] == "podinfo-pr-7-preview"


def test_a_chart_takes_the_version_that_its_pull_request_publishes(
    repository: Path, acme: Open, commit: Commit, opening: Callable[..., Any]
) -> None:
    commit(add_app(acme(), CHART, ["staging"], None, force=False))
    opening(app="frontend")
    chart = load(repository / PLACE / "frontend-pr-7/Chart.yaml")
    assert chart["dependencies"][0]["version"] == "0.0.0-pr.7.g3f2c1a9"


def test_the_app_says_tag_host_and_whether_there_is_a_certificate(
    repository: Path, git: Git, opening: Callable[..., Any]
) -> None:
    policy(repository, git, "{tag: 'pr-{number}-{sha7}', ttl: 1d}")
    path = repository / "apps/podinfo.yaml"
    path.write_text(path.read_text().replace("{{.StreamName}}.preview.prod-eu.acme.example.com", "{{ .Name }}.test"))
    path.write_text(path.read_text().replace("externalDNS:\n  - ", "externalDNS:\n  - disableTLS: true\n    "))
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")
    opening()
    folder = repository / PLACE / "podinfo-pr-7"
    ingress = load(folder / "ingress.yaml")["spec"]
    assert load(folder / "kustomization.yaml")["images"][0]["newTag"] == "pr-7-3f2c1a9"
    assert (ingress["rules"][0]["host"], "tls" in ingress) == ("feat-x.test", False)


def test_without_a_network_policy_the_template_names_the_host(
    repository: Path, git: Git, opening: Callable[..., Any]
) -> None:
    path = repository / "apps/podinfo.yaml"
    kept = [document for document in yaml.safe_load_all(path.read_bytes()) if document["kind"] != "NetworkPolicy"]
    path.write_text(yaml.safe_dump_all(kept))
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")
    opening()
    host = load(repository / PLACE / "podinfo-pr-7/ingress.yaml")["spec"]["rules"][0]["host"]
    assert host == "podinfo-pr-7.preview.prod-eu.acme.example.com"


def test_a_name_of_63_characters_has_a_preview_too(
    repository: Path, acme: Open, commit: Commit, opening: Callable[..., Any]
) -> None:
    name = "a" * 63
    commit(add_app(acme(), NewApp(name, "acme/long", image="a/b", version="1"), ["staging"], None, force=False))
    opening(app=name)
    (row,) = previews(acme(), name).rows
    assert len(row["name"]) == 63
    application = load(repository / PLACE / f"{row['name']}.yaml")
    assert all(len(part) <= 63 for part in (application["metadata"]["name"], *row["url"][8:].split(".")))


def test_the_check_finds_nothing_in_a_preview(
    out: Path, acme: Open, opening: Callable[..., Any], commit: Commit
) -> None:
    commit(add_app(acme(), CHART, ["staging"], None, force=False))
    opening(branch="{{ x }}")
    opening(app="frontend")
    assert check_folder(out) == []


# ---- In place, and gone ---------------------------------------------------------------------------------------


def test_a_newer_commit_keeps_name_namespace_and_host(repository: Path, opening: Callable[..., Any], git: Git) -> None:
    opening()
    before = git(repository, "ls-tree", "-r", "--name-only", "main")
    opening(sha=LATER, updated_at="2026-01-31T13:00:00Z")
    assert git(repository, "ls-tree", "-r", "--name-only", "main") == before
    changed = git(repository, "diff", "--name-only", "main~1", "main").splitlines()
    assert changed == [
        f".gitopsmith/{PLACE}/podinfo-pr-7.yaml",
        f"{PLACE}/podinfo-pr-7.yaml",
        f"{PLACE}/podinfo-pr-7/kustomization.yaml",
    ]
    assert git(repository, "log", "-1", "--format=%s") == "Update preview podinfo-pr-7 to 9b8c7d6"


def test_the_commit_says_where_the_preview_comes_from(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit, git: Git
) -> None:
    opening(author="octocat", title="Fixes #12")
    message = git(repository, "log", "-1", "--format=%B")
    assert message.startswith("Open preview podinfo-pr-7 at 3f2c1a9\n\nPull request 7, until 2026-02-03T18:00:00Z.")
    assert f"Argocd-reference-commit-sha: {SHA}" in message
    assert "Argocd-reference-commit-repourl: https://github.com/acme/podinfo" in message
    assert "Argocd-reference-commit-author: octocat" in message
    assert "Fixes" not in message, "it would close an issue of this repository"
    intent = RemovePreview("podinfo", 7, "Pull request 7 was merged", Provenance(delivery="42"))
    commit(propose(acme(), lambda source: plan_close(source, intent)))
    message = git(repository, "log", "-1", "--format=%B")
    assert message.startswith("Close preview podinfo-pr-7\n\nPull request 7 was merged.\n")
    assert "Gitopsmith-Delivery: 42" in message


def test_opening_again_proposes_nothing(acme: Open, opening: Callable[..., Any]) -> None:
    opening()
    proposal = propose(acme(), opens())
    assert proposal.repositories == ()
    assert proposal.notes == ("podinfo-pr-7 shows 3f2c1a9 already.",)


def test_open_and_close_leave_both_branches_as_they_were(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit, git: Git
) -> None:
    trees = ("main^{tree}", "gitopsmith/pristine^{tree}")
    before = [git(repository, "rev-parse", tree) for tree in trees]
    opening()
    commit(propose(acme(), closes()))
    assert [git(repository, "rev-parse", tree) for tree in trees] == before
    proposal = propose(acme(), closes())
    assert (proposal.repositories, proposal.notes) == ((), ("There is no preview podinfo-pr-7.",))
    opening()
    assert (repository / PLACE / "podinfo-pr-7.yaml").is_file()


def test_a_change_of_the_base_reaches_a_preview_with_its_next_commit(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit
) -> None:
    opening()
    commit(remove_app(acme(), "podinfo", ["staging"], None, force=False))
    changed = NewApp("podinfo", "acme/podinfo", version="6.7.0", data={"container_port": 9899})
    commit(add_app(acme(), changed, ["staging"], None, force=False))
    opening(sha=LATER)
    container = load(repository / PLACE / "podinfo-pr-7/deployment.yaml")["spec"]["template"]["spec"]["containers"][0]
    assert container["ports"][0]["containerPort"] == 9899
    assert "env" not in container


def test_previews_stand_in_nobodys_way(repository: Path, acme: Open, opening: Callable[..., Any], git: Git) -> None:
    opening(1)
    opening(2)
    assert [row["name"] for row in previews(acme()).rows] == ["podinfo-pr-1", "podinfo-pr-2"]
    with pytest.raises(UserError, match="runs podinfo-pr-1, podinfo-pr-2"):
        remove_environment(acme(), "preview", None, force=True)


# ---- What is refused ------------------------------------------------------------------------------------------


def test_an_unknown_app_is_refused(repository: Path, acme: Open) -> None:
    with pytest.raises(UserError, match="no app `podinf`"):
        propose(acme(), opens(app="podinf"))


def test_without_the_environment_the_error_says_how_to_add_it(acme: Open, commit: Commit) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    with pytest.raises(UserError, match="gitopsmith env add preview --cluster prod-eu"):
        propose(acme(), opens())


def test_what_the_apps_documents_do_not_let_in_is_refused_with_their_place(
    repository: Path, acme: Open, git: Git
) -> None:
    with pytest.raises(UserError, match=r"it comes from a fork(.|\n)*apps/podinfo.yaml: spec.preview"):
        propose(acme(), opens(fork=True))
    policy(repository, git, "{labels: [preview]}")
    with pytest.raises(UserError, match="no label of `preview`"):
        propose(acme(), opens())
    assert propose(acme(), opens(labels=("preview",))).repositories


def test_a_domain_that_is_no_template_is_refused_with_file_and_key(repository: Path, acme: Open, git: Git) -> None:
    path = repository / "apps/podinfo.yaml"
    path.write_text(path.read_text().replace("{{.StreamName}}", "{{ .Branch }}"))
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")
    with pytest.raises(UserError, match=r"apps/podinfo.yaml: spec.externalDNS\[0\].domain: `{{ .Branch }}"):
        propose(acme(), opens())


def test_the_host_of_another_preview_is_not_taken(opening: Callable[..., Any]) -> None:
    opening(7)
    with pytest.raises(UserError, match=r"podinfo-pr-8: its host podinfo-pr-\S+ is the one of podinfo-pr-7 already"):
        opening(8, branch="feat/x")


def test_an_app_that_has_the_name_of_a_preview_is_left_alone(
    repository: Path, acme: Open, commit: Commit, git: Git
) -> None:
    taken = NewApp("podinfo-pr-7", "acme/other", image="a/b", version="1")
    commit(add_app(acme(), taken, ["preview"], None, force=False))
    before = git(repository, "rev-parse", "main")
    for decide in (opens(force=True), closes(force=True)):
        with pytest.raises(UserError, match="is no preview of podinfo's pull request 7"):
            propose(acme(), decide)
    assert git(repository, "rev-parse", "main") == before


def test_a_namespace_that_an_app_has_is_not_taken(repository: Path, acme: Open, commit: Commit) -> None:
    commit(add_environment(acme(), "pr-7-preview", "prod-eu", before=None, force=False))
    commit(add_app(acme(), PODINFO, ["pr-7-preview"], None, force=False))
    with pytest.raises(UserError, match="The namespace `podinfo-pr-7-preview` on prod-eu is that of podinfo"):
        propose(acme(), opens())
    assert propose(acme(), opens(8)).repositories


# ---- Collecting -----------------------------------------------------------------------------------------------


def test_collecting_removes_what_is_expired_in_one_commit(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit, git: Git
) -> None:
    opening(1, updated_at="2026-01-01T00:00:00Z")
    opening(2, updated_at="2026-01-02T00:00:00Z")
    opening(3)
    commit(propose(acme(), collects()))
    assert [row["name"] for row in previews(acme()).rows] == ["podinfo-pr-3"]
    message = git(repository, "log", "-1", "--format=%B")
    assert message.startswith(
        "Close 2 previews\n\npodinfo-pr-1: idle, and expired 2026-01-04T18:00:00Z.\npodinfo-pr-2:"
    )
    assert propose(acme(), collects()).repositories == ()


def test_nobody_needs_what_a_whole_listing_of_pull_requests_does_not_hold(
    acme: Open, opening: Callable[..., Any]
) -> None:
    opening(1)
    opening(2)
    workspace = acme()
    source = Source(workspace.organization, workspace.tree("platform"), workspace.tree("application"), MemoryTree())
    assert garbage_of(source, NOW, None, {"podinfo": None}).gone == ()
    ((preview, reason),) = garbage_of(source, NOW, None, {"podinfo": {2: ensure(2).pull_request}}).gone
    assert (preview.name, reason) == ("podinfo-pr-1", "pull request 1 is not open")


def test_one_preview_that_cannot_go_does_not_hold_the_others_up(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit, git: Git
) -> None:
    for number in (1, 2):
        opening(number, updated_at="2026-01-01T00:00:00Z")
    path = repository / PLACE / "podinfo-pr-1/service.yaml"
    path.write_text("by: hand\n")
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")
    proposal = propose(acme(), collects())
    commit(proposal)
    assert [row["name"] for row in previews(acme()).rows] == ["podinfo-pr-1"]
    assert "podinfo-pr-1 stays" in proposal.notes[0]
    assert "podinfo-pr-1/service.yaml" in proposal.notes[0]
    commit(propose(acme(), collects(force=True)))
    assert previews(acme()).rows == ()


def test_documents_that_cannot_be_read_keep_their_apps_previews_and_no_others(
    repository: Path, acme: Open, opening: Callable[..., Any], commit: Commit, git: Git
) -> None:
    other = NewApp("web", "acme/web", image="a/b", version="1")
    commit(add_app(acme(), other, ["staging"], None, force=False))
    for app in ("podinfo", "web"):
        opening(1, app=app, updated_at="2026-01-01T00:00:00Z")
    (repository / "apps/podinfo.yaml").write_text("{")
    git(repository, "commit", "--quiet", "--all", "--message", "by hand")
    proposal = propose(acme(), collects())
    commit(proposal)
    assert [row["name"] for row in previews(acme()).rows] == ["podinfo-pr-1"]
    assert "The previews of podinfo stay: apps/podinfo.yaml" in proposal.notes[0]


def test_the_previews_of_an_app_that_was_removed_are_collected(
    acme: Open, opening: Callable[..., Any], commit: Commit
) -> None:
    opening()
    commit(remove_app(acme(), "podinfo", [], None, force=False))
    proposal = propose(acme(), collects("podinfo"))
    assert "its app has no documents any more" in proposal.repositories[0].change.body
    commit(proposal)
    assert previews(acme()).rows == ()
    with pytest.raises(UserError, match="no app `podinfo`"):
        propose(acme(), collects("podinfo"))


def test_an_app_that_is_not_there_is_named(acme: Open, commit: Commit) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    with pytest.raises(UserError, match="There is no app `podinf`") as refused:
        previews(acme(), "podinf")
    assert "Did you mean `podinfo`?" in refused.value.hint
    assert previews(acme(), "podinfo").rows == ()
    tree = acme().tree("application")
    source = Source(acme().organization, acme().tree("platform"), tree, tree)
    closing = plan_close(source, RemovePreview("podinf", 7))
    assert closing.main.notes[0] == "There is no preview podinf-pr-7."
    assert closing.main.notes[1].startswith("There is no app `podinf`. Did you mean `podinfo`?")
    assert len(plan_close(source, RemovePreview("podinfo", 7)).main.notes) == 1


def test_a_clone_without_the_pristine_branch_updates_and_closes_previews(
    acme: Open, repository: Path, commit: Commit, git: Git, opening: Callable[..., Any]
) -> None:
    opening()
    git(repository, "update-ref", "-d", "refs/heads/gitopsmith/pristine")
    commit(propose(acme(), opens(sha="b" * 40)))
    files = git(repository, "ls-tree", "-r", "--name-only", "main", "registry/environments/preview").splitlines()
    kept = git(repository, "ls-tree", "-r", "--name-only", "gitopsmith/pristine", "registry/environments/preview")
    assert [path for path in files if "podinfo-pr-7" in path] == kept.splitlines()
    git(repository, "update-ref", "-d", "refs/heads/gitopsmith/pristine")
    commit(propose(acme(), closes()))
    assert "podinfo-pr-7" not in git(repository, "ls-tree", "-r", "--name-only", "main")
