"""Where everything stands: every place is found again by its record, and every path has one owner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.layout import RECORDS, Layout, Place, owned

LAYOUT = Layout()
OTHER = Layout("templates/items", "k8s/clusters", "k8s/apps", "envs")
NESTED = Layout("registry/catalog", "registry", "apps", "registry/environments")

names = st.sampled_from(["a", "ab", "b", "components", "45-a", "x.y"])
layouts = st.sampled_from([LAYOUT, OTHER])


def all_places(layout: Layout, one: str, two: str, three: str) -> list[Place]:
    return [
        layout.repository_place(),
        layout.item_place(one),
        layout.cluster_place(one),
        layout.component_place(one, two),
        layout.environment_place(one, two),
        layout.environment_folder_place(one, two),
        layout.app_place(one, two, three),
    ]


places = st.builds(all_places, layouts, names, names, names).flatmap(st.sampled_from)


def test_the_trees_of_the_design() -> None:
    assert LAYOUT.cluster("prod-eu") == "registry/clusters/prod-eu"
    assert LAYOUT.item("cert-manager") == "catalog/cert-manager"
    assert LAYOUT.app_document("podinfo") == "apps/podinfo.yaml"
    assert LAYOUT.environment("staging", "prod-eu") == "registry/environments/staging/prod-eu"
    assert LAYOUT.component_place("prod-eu", "loki") == Place(
        "registry/clusters/prod-eu/components/loki",
        ".gitopsmith/registry/clusters/prod-eu/components/loki.yaml",
        ("registry/clusters/prod-eu/components/loki/",),
    )
    assert LAYOUT.environment_place("staging", "prod-eu").roots == ("registry/clusters/prod-eu/45-staging.yaml",)
    assert LAYOUT.app_place("staging", "prod-eu", "podinfo") == Place(
        "registry/environments/staging/prod-eu",
        ".gitopsmith/registry/environments/staging/prod-eu/podinfo.yaml",
        ("registry/environments/staging/prod-eu/podinfo.yaml", "registry/environments/staging/prod-eu/podinfo/"),
    )


@given(layouts, names, names, names)
def test_every_place_is_found_by_its_record(layout: Layout, one: str, two: str, three: str) -> None:
    for place in all_places(layout, one, two, three):
        assert layout.places([place.record]) == [place]


def test_folders_of_an_organization_may_lie_in_each_other() -> None:
    for place in all_places(NESTED, "a", "b", "c"):
        assert NESTED.places([place.record]) == [place]


@pytest.mark.parametrize(
    "path",
    [
        f"{RECORDS}/README.md",
        f"{RECORDS}/registry/clusters/a.yml",
        f"{RECORDS}/registry/clusters/a/b/c.yaml",
        f"{RECORDS}/registry/clusters/a/b.yaml",
        f"{RECORDS}/registry/environments/a.yaml",
        f"{RECORDS}/catalog/a/b.yaml",
        f"{RECORDS}/elsewhere/a.yaml",
        "registry/clusters/a.yaml",
    ],
)
def test_what_is_no_record_has_no_place(path: str) -> None:
    assert LAYOUT.places([path]) == []


@given(st.lists(places, min_size=1, max_size=6), st.lists(names, min_size=1, max_size=6))
def test_a_path_has_at_most_one_owner(some: list[Place], segments: list[str]) -> None:
    for folder in {place.destination for place in some}:
        path = "/".join([folder, *segments]).lstrip("/")
        owners = {place.record for place in some if owned(place, some, [path])}
        assert len(owners) <= 1


def test_the_nearest_instance_owns_a_path() -> None:
    repository, cluster = LAYOUT.repository_place(), LAYOUT.cluster_place("c")
    component, environment = LAYOUT.component_place("c", "k"), LAYOUT.environment_place("e", "c")
    places = [repository, cluster, component, environment]
    expected = {
        "README.md": repository,
        "registry/clusters/README.md": repository,
        "registry/clusters/c/registry.yaml": cluster,
        "registry/clusters/c/components/README.md": cluster,
        "registry/clusters/c/components/k/application.yaml": component,
        "registry/clusters/c/components/k2/application.yaml": cluster,
        "registry/clusters/c/45-e.yaml": environment,
        "registry/clusters/c/45-e.yaml.bak": cluster,
        "registry/clusters/c2/registry.yaml": repository,
        cluster.record: cluster,
    }
    for path, owner in expected.items():
        assert [place.record for place in places if owned(place, places, [path])] == [owner.record], path


def test_a_record_belongs_to_its_instance_alone() -> None:
    repository, cluster = LAYOUT.repository_place(), LAYOUT.cluster_place("c")
    assert owned(repository, [], [repository.record, cluster.record, f"{RECORDS}/x"]) == (repository.record,)


def test_an_app_owns_its_file_and_its_folder_and_nothing_that_begins_alike() -> None:
    app = LAYOUT.app_place("staging", "prod", "api")
    folder = "registry/environments/staging/prod"
    mine = (f"{folder}/api.yaml", f"{folder}/api/deployment.yaml")
    others = (f"{folder}/api-2.yaml", f"{folder}/api2/x", f"{folder}/api.yaml.orig", f"{folder}/api")
    assert owned(app, [], (*mine, *others)) == mine
