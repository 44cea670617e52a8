"""Versions reach every cluster of an environment, in the places that are declared, and late news changes nothing."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import ChangedTree
from generator.core.errors import UserError
from generator.core.intents import Promote, SetVersion
from generator.core.layout import Layout
from generator.core.plan_version import deployed, plan_promotion, plan_version, plan_versions
from generator.core.provenance import Provenance, read_provenance
from generator.core.record import Record
from generator.core.tree import File, MemoryTree, as_memory
from generator.core.version_field import VersionField

LAYOUT = Layout()
IMAGE = "ghcr.io/acme/podinfo"
KUSTOMIZATION = """\
# Owned by the team.
resources: [deployment.yaml]
images:
  - name: {image}
    newTag: {version}   # the machine writes here
  - name: ghcr.io/acme/sidecar
    newTag: "1.0.0"
"""


def files(environment: str, cluster: str, version: str, app: str = "podinfo") -> dict[str, File]:
    place = LAYOUT.app_place(environment, cluster, app)
    field = VersionField(f"{app}/kustomization.yaml", f"images[name={IMAGE}].newTag")
    record = Record("builtin:service", "sha256:1", {}, (), (field,))
    text = KUSTOMIZATION.format(image=IMAGE, version=version)
    return {f"{place.destination}/{field.file}": File(text.encode()), place.record: File(record.dump())}


def repository(**versions: str) -> MemoryTree:
    """Return a repository from `environment_cluster="version"`."""
    found: dict[str, File] = {}
    for where, version in versions.items():
        environment, _, cluster = where.partition("_")
        found |= files(environment, cluster, version)
    return MemoryTree(found)


def running(tree: MemoryTree | ChangedTree, environment: str) -> dict[str, str]:
    return {place.cluster: place.version for place in deployed(tree, LAYOUT, "podinfo", environment)}


def test_every_cluster_of_the_environment_is_written_and_no_other() -> None:
    tree = repository(staging_eu="6.7.0", staging_us="6.7.0", production_eu="6.7.0")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1"))
    after = ChangedTree(tree, change.edits)
    assert running(after, "staging") == {"eu": "6.7.1", "us": "6.7.1"}
    assert running(after, "production") == {"eu": "6.7.0"}
    assert change.subject == "podinfo 6.7.0 → 6.7.1 in staging"


def test_one_cluster_is_written_where_one_is_named() -> None:
    tree = repository(staging_eu="6.7.0", staging_us="6.7.0")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1", cluster="us"))
    assert running(ChangedTree(tree, change.edits), "staging") == {"eu": "6.7.0", "us": "6.7.1"}
    assert change.subject == "podinfo 6.7.0 → 6.7.1 in staging on us"


def test_clusters_that_differed_are_listed_in_the_body() -> None:
    tree = repository(staging_eu="6.6.0", staging_us="6.7.0")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1"))
    assert change.subject == "podinfo → 6.7.1 in staging"
    assert change.body == "eu: was 6.6.0\nus: was 6.7.0"


def test_no_byte_but_the_version_changes() -> None:
    tree = repository(staging_eu="6.7.0")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1"))
    ((path, file),) = change.edits.items()
    before = tree.get(path)
    assert before is not None
    assert file == File(before.data.replace(b"newTag: 6.7.0", b"newTag: 6.7.1"))


def test_late_news_of_an_older_version_changes_nothing_and_says_so() -> None:
    tree = repository(staging_eu="6.7.1")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.0"))
    assert not change.edits
    assert len(change.notes) == 1
    assert change.notes[0].startswith("podinfo runs 6.7.1 in staging on eu, newer than 6.7.0. ")


def test_an_older_version_is_written_where_it_is_meant() -> None:
    tree = repository(staging_eu="6.7.1")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.0", allow_downgrade=True))
    assert running(ChangedTree(tree, change.edits), "staging") == {"eu": "6.7.0"}


def test_what_is_no_semantic_version_is_never_called_older() -> None:
    tree = repository(staging_eu="6.7.1")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "3f2c1a9"))
    assert running(ChangedTree(tree, change.edits), "staging") == {"eu": "3f2c1a9"}


def test_a_version_that_yaml_would_read_as_a_number_stays_text() -> None:
    tree = repository(staging_eu="6.7.1")
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "1.10"))
    ((_, file),) = change.edits.items()
    assert file is not None
    assert yaml.safe_load(file.data)["images"][0]["newTag"] == "1.10"


def test_provenance_travels_in_trailers_and_back() -> None:
    known = Provenance(sha="3f2c1a9", repository="https://github.com/acme/podinfo", delivery="72d3162e")
    change = plan_version(
        repository(staging_eu="1.0.0"), LAYOUT, SetVersion("podinfo", "staging", "1.0.1", provenance=known)
    )
    assert ("Gitopsmith-Delivery", "72d3162e") in change.trailers
    assert read_provenance({**dict(change.trailers), "Signed-off-by": "somebody"}) == known


def apps(**versions: str) -> MemoryTree:
    """Return a repository from `app_environment="version"`, all on one cluster."""
    found: dict[str, File] = {}
    for where, version in versions.items():
        app, _, environment = where.partition("_")
        found |= files(environment, "eu", version, app)
    return MemoryTree(found)


def test_one_piece_of_news_is_one_change_for_several_environments() -> None:
    tree = repository(dev_eu="6.7.0", staging_eu="6.7.0", production_eu="6.7.0")
    change = plan_versions(tree, LAYOUT, [SetVersion("podinfo", name, "6.7.1") for name in ("dev", "staging")])
    after = ChangedTree(tree, change.edits)
    assert [running(after, name) for name in ("dev", "staging", "production")] == [
        {"eu": "6.7.1"},
        {"eu": "6.7.1"},
        {"eu": "6.7.0"},
    ]
    assert (change.subject, change.body) == ("podinfo 6.7.0 → 6.7.1 in dev, staging", "")


def test_versions_in_one_file_are_set_one_on_top_of_the_other() -> None:
    kept = b"apps:\n  api: 1.0.0 # theirs\n  web: 2.0.0\n"
    documents = {
        f"apps/{app}.yaml": File(
            APP.replace("podinfo", app).format(file='"{environment}.yaml"', path=f"apps.{app}").encode()
        )
        for app in ("api", "web")
    }
    tree = MemoryTree({"dev.yaml": File(kept), **documents})
    change = plan_versions(tree, LAYOUT, [SetVersion("api", "dev", "1.1.0"), SetVersion("web", "dev", "2.1.0")])
    assert change.edits == {"dev.yaml": File(kept.replace(b"1.0.0", b"1.1.0").replace(b"2.0.0", b"2.1.0"))}


def test_what_was_set_twice_is_told_once() -> None:
    tree = repository(dev_eu="1.0.0")
    change = plan_versions(tree, LAYOUT, [SetVersion("podinfo", "dev", version) for version in ("1.1.0", "1.2.0")])
    assert (change.subject, change.body) == ("podinfo 1.0.0 → 1.2.0 in dev", "")
    there_and_back = [SetVersion("podinfo", "dev", version, allow_downgrade=True) for version in ("1.1.0", "1.0.0")]
    assert plan_versions(tree, LAYOUT, there_and_back).edits == {}


def test_what_cannot_be_planned_is_a_note_where_others_can() -> None:
    tree = repository(dev_eu="1.0.0")
    change = plan_versions(tree, LAYOUT, [SetVersion("podinfo", name, "1.1.0") for name in ("staging", "dev")])
    assert change.subject == "podinfo 1.0.0 → 1.1.0 in dev"
    (note,) = change.notes
    assert note.startswith("The app `podinfo` is not in staging. It is in dev.")


def test_what_cannot_be_planned_leaves_nothing_half_done() -> None:
    """The second cluster's file refuses the version: the first one's is left alone as well."""
    document = APP.format(file='"{environment}/{cluster}.yaml"', path="tag").encode()
    good, shared = b"tag: 1.0.0\n", b"tag: &shared 1.0.0\nother: *shared\n"
    tree = MemoryTree(
        {
            "apps/podinfo.yaml": File(document),
            **{f"{name}/eu.yaml": File(good) for name in ("dev", "staging")},
            "staging/us.yaml": File(shared),
        }
    )
    change = plan_versions(tree, LAYOUT, [SetVersion("podinfo", name, "1.1.0") for name in ("staging", "dev")])
    assert list(change.edits) == ["dev/eu.yaml"]
    assert len(change.notes) == 1


def test_where_nothing_can_be_planned_all_reasons_are_given() -> None:
    tree = repository(dev_eu="1.0.0")
    intents = [SetVersion("podinfo", name, "1.1.0") for name in ("staging", "production")]
    with pytest.raises(UserError) as refusal:
        plan_versions(tree, LAYOUT, intents)
    assert "not in staging" in str(refusal.value)
    assert "not in production" in str(refusal.value)
    with pytest.raises(UserError, match=r"^The app `podinfo` is not in staging\."):
        plan_versions(tree, LAYOUT, intents[:1])


def test_trailers_name_the_news_and_what_it_stands_for() -> None:
    tree = repository(dev_eu="1.0.0", staging_eu="1.0.0")
    known = Provenance(sha="3f2c1a9", delivery="d3")
    change = plan_versions(
        tree,
        LAYOUT,
        [
            SetVersion("podinfo", "dev", "1.1.0", provenance=known, supersedes=("d1 (1.0.1)", "d2 (1.0.2)")),
            SetVersion("podinfo", "staging", "1.1.0", provenance=known, supersedes=("d2 (1.0.2)",)),
        ],
    )
    assert change.trailers == (
        ("Argocd-reference-commit-sha", "3f2c1a9"),
        ("Gitopsmith-Delivery", "d3"),
        ("Gitopsmith-Supersedes", "d1 (1.0.1)"),
        ("Gitopsmith-Supersedes", "d2 (1.0.2)"),
    )


def test_a_promotion_copies_what_runs() -> None:
    tree = repository(staging_eu="6.7.1", production_eu="6.6.0", production_us="6.7.0")
    change = plan_promotion(tree, LAYOUT, Promote("podinfo", "staging", "production"))
    assert running(ChangedTree(tree, change.edits), "production") == {"eu": "6.7.1", "us": "6.7.1"}


def test_a_promotion_of_a_source_that_disagrees_is_refused() -> None:
    tree = repository(staging_eu="6.7.1", staging_us="6.7.0", production_eu="6.6.0")
    with pytest.raises(UserError, match=r"different versions of podinfo: 6\.7\.0, 6\.7\.1"):
        plan_promotion(tree, LAYOUT, Promote("podinfo", "staging", "production"))


def test_a_promotion_from_an_environment_to_itself_is_refused() -> None:
    with pytest.raises(UserError, match="`staging` is both"):
        plan_promotion(repository(staging_eu="6.7.1"), LAYOUT, Promote("podinfo", "staging", "staging"))


def test_an_app_that_is_not_there_is_named_with_where_it_is() -> None:
    with pytest.raises(UserError, match="It is in staging") as refused:
        plan_version(repository(staging_eu="1.0.0"), LAYOUT, SetVersion("podinfo", "production", "1.0.1"))
    assert refused.value.hint.endswith("gitopsmith app add podinfo --env production --version VERSION")


def test_the_way_to_a_cluster_names_the_cluster() -> None:
    with pytest.raises(UserError, match=r"not in staging on us\.") as refused:
        plan_version(repository(staging_eu="1.0.0"), LAYOUT, SetVersion("podinfo", "staging", "1.0.1", cluster="us"))
    assert "app add podinfo --env staging --cluster us --version VERSION" in refused.value.hint


def test_an_app_whose_version_nobody_declares_says_where_to_declare_it() -> None:
    place = LAYOUT.app_place("staging", "eu", "podinfo")
    tree = MemoryTree(
        {place.record: File(Record("catalog:own", "sha256:1").dump()), f"{place.destination}/x": File(b"")}
    )
    with pytest.raises(UserError, match=r"apps/podinfo\.yaml: spec\.versionFields"):
        plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "1.0.1"))


def test_a_version_that_is_gone_from_where_its_record_says_is_named() -> None:
    place, found = LAYOUT.app_place("staging", "eu", "podinfo"), files("staging", "eu", "1.0.0")
    path = f"{place.destination}/podinfo/kustomization.yaml"
    misspelt = File(found[path].data.replace(b"newTag: 1.0.0", b"newTga: 1.0.0"))
    with pytest.raises(UserError) as refused:
        plan_version(MemoryTree({**found, path: misspelt}), LAYOUT, SetVersion("podinfo", "staging", "1.0.1"))
    assert refused.value.message == (
        f"{path}: there is no `images[name={IMAGE}].newTag`, which should hold the version of podinfo in staging."
    )
    assert "spec.versionFields" in refused.value.hint
    found[path] = File(b"resources: []\n")
    with pytest.raises(UserError, match=r"podinfo/kustomization\.yaml: there is no"):
        plan_version(MemoryTree(found), LAYOUT, SetVersion("podinfo", "staging", "1.0.1"))


def test_a_file_that_is_no_yaml_is_named() -> None:
    place, found = LAYOUT.app_place("staging", "eu", "podinfo"), files("staging", "eu", "1.0.0")
    path = f"{place.destination}/podinfo/kustomization.yaml"
    with pytest.raises(UserError, match=rf"^{path}: line 1, column 5: not YAML"):
        plan_version(MemoryTree({**found, path: File(b"a: b: c\n")}), LAYOUT, SetVersion("podinfo", "staging", "1.0.1"))


APP = """\
apiVersion: gitopsmith.dev/v1alpha1
kind: Microservice
metadata: {{name: podinfo}}
spec:
  repository: {{name: podinfo}}
  chart: oci://ghcr.io/acme/charts/podinfo
  template: none
  versionFields:
    - file: {file}
      path: {path}
"""


@pytest.mark.parametrize(
    ("file", "paths"),
    [
        ("clusters/{cluster}/{environment}/podinfo.yaml", ["clusters/eu/staging/podinfo.yaml"]),
        ("{environment}/podinfo-{cluster}.yaml", ["staging/podinfo-eu.yaml", "staging/podinfo-us.yaml"]),
        ("{environment}.yaml", ["staging.yaml"]),
    ],
)
def test_a_repository_of_another_layout_declares_its_places(file: str, paths: list[str]) -> None:
    manifest = b"spec:\n  source:\n    targetRevision: 6.7.0\n"
    document = APP.format(file=f'"{file}"', path="spec.source.targetRevision").encode()
    tree = MemoryTree(
        {path: File(manifest) for path in paths}
        | {"apps/podinfo.yaml": File(document), "clusters/eu/other.yaml": File(b""), "staging/podinfo-.yaml": File(b"")}
    )
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1"))
    assert change.edits == {path: File(manifest.replace(b"6.7.0", b"6.7.1")) for path in paths}


def test_a_flux_marker_declares_a_place() -> None:
    manifest = (
        b'# ours\nimage: {repo: x, tag: v6.7.0} \nspec:\n  tag: 6.7.0 # {"$imagepolicy": "flux-system:podinfo:tag"}\n'
    )
    document = APP.format(file='"{environment}/{cluster}.yaml"', path="$imagepolicy:flux-system:podinfo:tag").encode()
    tree = MemoryTree({"staging/eu.yaml": File(manifest), "apps/podinfo.yaml": File(document)})
    change = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", "6.7.1"))
    assert change.edits == {"staging/eu.yaml": File(manifest.replace(b" 6.7.0", b" 6.7.1"))}
    assert change.subject == "podinfo 6.7.0 → 6.7.1 in staging"


versions = st.from_regex(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(-rc\.[1-9])?", fullmatch=True)
clusters = st.dictionaries(st.sampled_from(["staging_eu", "staging_us", "staging_ap", "production_eu"]), versions)


@given(clusters, versions, st.booleans())
def test_law_2_a_plan_on_its_own_result_is_empty(found: dict[str, str], version: str, downgrade: bool) -> None:
    tree = repository(**{"staging_eu": "1.0.0", **found})
    intent = SetVersion("podinfo", "staging", version, allow_downgrade=downgrade)
    after = ChangedTree(tree, plan_version(tree, LAYOUT, intent).edits)
    assert not plan_version(after, LAYOUT, intent).edits


histories = st.lists(versions, min_size=1, max_size=5).flatmap(
    lambda news: st.tuples(st.just(sorted(news)), st.permutations([*news, *news]))
)


@given(clusters, histories)
def test_law_2_news_in_any_order_and_twice_end_in_the_newest_version(
    found: dict[str, str], news: tuple[list[str], list[str]]
) -> None:
    ends = []
    for history in news:
        state: ChangedTree | MemoryTree = repository(**{"staging_eu": "0.0.0", **found})
        for version in history:
            state = ChangedTree(state, plan_version(state, LAYOUT, SetVersion("podinfo", "staging", version)).edits)
        ends.append(as_memory(state))
    assert ends[0] == ends[1]


@given(clusters, versions)
def test_law_4_only_the_declared_scalar_of_the_environment_changes(found: dict[str, str], version: str) -> None:
    tree = repository(**{"staging_eu": "0.0.1", **found})
    edits = plan_version(tree, LAYOUT, SetVersion("podinfo", "staging", version)).edits
    for path, file in edits.items():
        before = tree.get(path)
        assert before is not None
        assert file is not None
        assert path.startswith("registry/environments/staging/")
        old, new = yaml.safe_load(before.data), yaml.safe_load(file.data)
        assert new["images"][0].pop("newTag") == version
        del old["images"][0]["newTag"]
        assert new == old


@given(clusters, versions)
def test_law_7_the_same_input_gives_the_same_change(found: dict[str, str], version: str) -> None:
    tree, intent = repository(**{"staging_eu": "0.0.1", **found}), SetVersion("podinfo", "staging", version)
    one, other = plan_version(tree, LAYOUT, intent), plan_version(tree, LAYOUT, intent)
    assert (list(one.edits.items()), one) == (list(other.edits.items()), other)
