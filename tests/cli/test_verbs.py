"""The verbs as a user runs them: the first example, every verb twice, dry runs, and what each of them refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

REPOSITORIES = ("acme/acme-gitops", "acme-apps/acme-gitops")
WRITING = {
    "cluster add": ["cluster", "add", "edge", "--type", "physical", "--cloud", "civo"],
    "env add": ["env", "add", "production", "--cluster", "prod-eu"],
    "catalog add": ["catalog", "add", "loki", "--cluster", "prod-eu"],
    "app add": [
        *["app", "add", "web", "--repo", "acme/web", "--image", "ghcr.io/acme/web", "--version", "1.0.0"],
        *["--env", "staging"],
    ],
    "set-version": ["set-version", "podinfo", "6.7.1", "--env", "staging"],
    "app remove": ["app", "remove", "podinfo"],
    "catalog remove": ["catalog", "remove", "cert-manager", "--cluster", "prod-eu"],
    "env remove": ["env", "remove", "production"],
    "cluster remove": ["cluster", "remove", "spare"],
}
# What is refused, with whose mistake it is by the exit code, and what is said.
REFUSED = [
    ("cluster add Prod", 1, "`Prod` is not a legal Kubernetes name"),
    ("cluster add edge --type strange", 2, "strange"),
    ("cluster add edge --cloud mars", 1, "`mars` is none of the choices: aws, google, civo, existing"),
    ("env add yes", 1, "`yes` is read by YAML"),
    ("env add qa --cluster prod-ue", 1, "Did you mean `prod-eu`?"),
    ("catalog add certmanager --cluster prod-eu", 1, "Did you mean `cert-manager`?"),
    ("catalog add cert-manager --cluster prod-eu --data replicas", 1, "`replicas` has no `=`"),
    ("catalog add cert-manager --cluster prod-eu --data replicas=x --data versio=1", 1, "did you mean `version`?"),
    ("catalog add cert-manager --cluster prod-eu --data-file missing.yaml", 1, "missing.yaml: No such file"),
    ("catalog add cert-manager --cluster prod-eu --data-file list.yaml", 1, "a mapping of answers is expected"),
    ("catalog show nothing", 1, "There is no catalog item `nothing`"),
    ("app add web --env staging", 1, "--repo OWNER/NAME"),
    ("app add web --repo https://github.com/acme/web --image a/b --env staging", 1, "Use `acme/web`"),
    ("app add web --repo acme/web --image a/b --env stagin", 1, "Did you mean `staging`?"),
    ("app add web --repo acme/web --image a/b --env staging --template servce", 1, "Did you mean `service`?"),
    ("app list --format xml", 2, "xml"),
    ("status --format xml", 2, "xml"),
    ("check --format xml", 2, "xml"),
    ("check missing", 1, "missing: no such folder"),
    ("status --workspace missing", 1, "missing: no such folder"),
    ("cluster remove management", 1, "provisions prod-eu"),
    ("cluster remove prod-eu", 1, "runs the environments staging"),
    ("env remove staging", 1, "runs podinfo"),
    ("catalog remove cert-manager", 1, "is on management, prod-eu"),
    ("nonsense", 2, "No such command"),
]


def heads(out: Path, git: Git) -> list[str]:
    return [git(out / name, "for-each-ref") for name in REPOSITORIES]


def test_the_first_example_gives_the_trees_that_it_promises(bootstrapped: Path, git: Git) -> None:
    platform, application = (bootstrapped / name for name in REPOSITORIES)
    for repository in (platform, application):
        assert git(repository, "status", "--porcelain") == ""
        assert git(repository, "symbolic-ref", "--short", "HEAD") == "main"
        assert git(repository, "fsck", "--strict") == ""
    assert (platform / "registry/clusters/prod-eu/45-staging.yaml").is_file()
    assert (
        "replicas: 2" in (platform / ".gitopsmith/registry/clusters/prod-eu/components/cert-manager.yaml").read_text()
    )
    assert (application / "registry/environments/staging/prod-eu/podinfo.yaml").is_file()


@pytest.mark.parametrize("where", [".", *REPOSITORIES, "acme-apps/acme-gitops/apps"])
def test_check_finds_no_error_from_anywhere(run: Run, bootstrapped: Path, where: str) -> None:
    checked = run(bootstrapped / where, "check")
    assert (checked.code, checked.out) == (0, "No findings.\n")


def test_the_example_again_changes_nothing_and_says_so(run: Run, example: list[list[str]], out: Path, git: Git) -> None:
    before = heads(out, git)
    for arguments in example[:-2]:
        again = run(out.parent if arguments[0] == "init" else out, *arguments)
        assert again.code == 0
        assert "Nothing to change." in again.err
    assert heads(out, git) == before


@pytest.mark.parametrize("verb", WRITING)
def test_a_dry_run_shows_a_diff_and_changes_nothing_and_the_verb_twice_is_as_once(
    run: Run, out: Path, git: Git, state: State, verb: str
) -> None:
    if verb == "env remove":
        assert run(out, *WRITING["env add"]).code == 0
    if verb == "cluster remove":
        assert run(out, "cluster", "add", "spare").code == 0
    before = state(out)
    dry = run(out, *WRITING[verb], "--dry-run")
    assert dry.code == 0
    assert dry.out.startswith("# Would commit to ")
    assert "\ndiff --git a/" in dry.out
    assert state(out) == before

    refs = heads(out, git)
    once = run(out, *WRITING[verb])
    assert once.code == 0
    assert once.out == ""
    assert "(main " in once.err
    after = heads(out, git)
    assert after != refs
    twice = run(out, *WRITING[verb])
    assert twice.code == 0
    assert "Nothing to change." in twice.err
    assert heads(out, git) == after


def test_init_has_a_dry_run(run: Run, tmp_path: Path) -> None:
    dry = run(tmp_path, "init", "acme", "--defaults", "--dry-run", "--output", "out")
    assert dry.code == 0
    assert dry.out.count("# Would commit to ") == 2
    assert "+kind: Organization" in dry.out
    assert list(tmp_path.iterdir()) == []


def test_render_has_a_dry_run_and_writes_any_template(run: Run, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text("who: {type: str, default: you}\n")
    (template / "{{ who }}.txt.jinja").write_text("Hello {{ who }}\n")
    dry = run(tmp_path, "render", "template", "made", "--defaults", "--dry-run")
    assert "+Hello you" in dry.out
    assert not (tmp_path / "made").exists()
    assert run(tmp_path, "render", "template", "made", "--defaults", "--data", "who=me").code == 0
    assert (tmp_path / "made/me.txt").read_text() == "Hello me\n"
    again = run(tmp_path, "render", "template", "made", "--defaults", "--data", "who=me")
    assert "nothing to change" in again.err


@pytest.mark.parametrize(("line", "code", "said"), REFUSED)
def test_what_is_refused_says_why_and_changes_nothing(
    run: Run, bootstrapped: Path, tmp_path: Path, state: State, line: str, code: int, said: str
) -> None:
    (tmp_path / "list.yaml").write_text("- 1\n")
    before = state(bootstrapped)
    refused = run(bootstrapped, *line.replace("list.yaml", f"{tmp_path}/list.yaml").split())
    assert refused.code == code
    assert said in " ".join(refused.err.split())
    assert "Traceback" not in refused.err
    assert refused.out == ""
    assert state(bootstrapped) == before


@pytest.mark.parametrize("verb", [verb for verb in WRITING if verb.endswith("remove")])
def test_removing_what_is_not_there_says_so(run: Run, bootstrapped: Path, git: Git, verb: str) -> None:
    before = heads(bootstrapped, git)
    nothing = run(bootstrapped, *verb.split(), "nothing")
    assert nothing.code == 0
    assert "There is no " in nothing.err
    assert "Nothing to change." in nothing.err
    assert heads(bootstrapped, git) == before


def test_beside_every_add_there_is_a_list(run: Run, bootstrapped: Path) -> None:
    def listed(*arguments: str) -> list[dict[str, Any]]:
        shown = run(bootstrapped, *arguments, "--format", "json")
        assert shown.code == 0
        return json.loads(shown.out)  # type: ignore[no-any-return]

    assert [(row["name"], row["environments"]) for row in listed("cluster", "list")] == [
        ("management", []),
        ("prod-eu", ["staging"]),
    ]
    assert [(row["name"], row["clusters"], row["apps"]) for row in listed("env", "list")] == [
        ("development", [], []),
        ("staging", ["prod-eu"], ["podinfo"]),
        ("production", [], []),
    ]
    assert listed("app", "list")[0]["staging"] == "6.7.0"
    on_cluster = {row["name"]: row["clusters"] for row in listed("catalog", "list", "--cluster", "prod-eu")}
    assert on_cluster["cert-manager"] == ["management", "prod-eu"]
    assert "loki" in {row["name"] for row in listed("catalog", "list")}


def test_tables_show_what_json_tells(run: Run, bootstrapped: Path) -> None:
    for arguments, words in (
        (["cluster", "list"], ["NAME", "prod-eu", "eu-west-1"]),
        (["app", "list"], ["podinfo", "6.7.0"]),
        (["status"], ["acme-apps/acme-gitops", "clean", "podinfo", "6.7.0"]),
        (["catalog", "show", "cert-manager"], ["replicas", "int"]),
    ):
        shown = run(bootstrapped, *arguments)
        assert shown.code == 0
        for word in words:
            assert word in shown.out


def test_status_as_json_tells_what_is_uncommitted(run: Run, out: Path) -> None:
    (out / "acme/acme-gitops/new").touch()
    status = json.loads(run(out, "status", "--format", "json").out)
    assert status["organization"] == "acme"
    assert [repository["uncommitted"] for repository in status["repositories"]] == [["new"], []]


def test_the_catalog_is_shown_outside_of_a_workspace(run: Run, tmp_path: Path) -> None:
    shown = run(tmp_path, "catalog", "list", "--format", "json")
    assert len(json.loads(shown.out)) >= 14
    item = json.loads(run(tmp_path, "catalog", "show", "loki", "--format", "json").out)
    assert item["name"] == "loki"
    assert {"name", "type", "default", "help", "required", "secret"} <= set(item["questions"][0])


def test_workspace_names_the_folder_from_elsewhere(run: Run, bootstrapped: Path, tmp_path: Path) -> None:
    for where in (".", *REPOSITORIES):
        assert "podinfo" in run(tmp_path, "app", "list", "--workspace", str(bootstrapped / where)).out
    assert run(tmp_path, "app", "list").code == 1


def test_check_prints_findings_in_every_format(run: Run, out: Path) -> None:
    (out / "acme/acme-gitops/registry/clusters/prod-eu/registry.yaml").write_text("a: [\n")
    text = run(out, "check")
    assert text.code == 1
    assert "registry/clusters/prod-eu/registry.yaml" in text.out
    assert json.loads(run(out, "check", "--format", "json").out)
    assert "\n::error file=" in run(out, "check", "--format", "github").out


def test_a_data_file_answers_and_data_wins(run: Run, out: Path) -> None:
    (out.parent / "answers.yaml").write_text("replicas: 3\nwebhook_replicas: 4\n")
    add = ["catalog", "add", "cert-manager", "--cluster", "prod-eu", "--data-file", "../answers.yaml"]
    assert run(out, *add, "--data", "replicas=5").code == 0
    record = out / "acme/acme-gitops/.gitopsmith/registry/clusters/prod-eu/components/cert-manager.yaml"
    assert "replicas: 5\n" in record.read_text()
    assert "webhook_replicas: 4\n" in record.read_text()
