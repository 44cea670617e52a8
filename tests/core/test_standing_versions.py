"""Which versions stand is read from the tree; what is unreadable is neither there nor gone."""

from __future__ import annotations

from generator.core.layout import Layout
from generator.core.record import Record
from generator.core.standing_versions import addresses, standing_versions
from generator.core.tree import File, MemoryTree
from generator.core.version_field import VersionField

LAYOUT = Layout()
DOCUMENT = b"""\
apiVersion: gitopsmith.dev/v1alpha1
kind: Microservice
metadata: {name: podinfo}
spec: {repository: {name: podinfo}, image: ghcr.io/acme/podinfo, template: service}
"""
STAGING, PRODUCTION = ("podinfo", "staging"), ("podinfo", "production")


def tree(*, environment: str = "staging", version: str = "1.2.3", **answers: object) -> MemoryTree:
    """Return a tree that has `podinfo` in one environment, on two clusters, of which the second has answers."""
    files = {LAYOUT.app_document("podinfo"): File(DOCUMENT)}
    for cluster, known in (("one", {}), ("two", answers)):
        place = LAYOUT.app_place(environment, cluster, "podinfo")
        record = Record("builtin:service", "sha256:1", known, version_fields=(VersionField("version.yaml", "version"),))
        files[place.record] = File(record.dump())
        files[f"{place.destination}/version.yaml"] = File(f"version: {version}\n".encode())
    return MemoryTree(files)


def test_the_versions_of_all_clusters_stand() -> None:
    assert standing_versions(tree(), LAYOUT, [STAGING]) == {STAGING: frozenset({"1.2.3"})}


def test_an_app_that_is_not_there_has_none_and_one_that_is_unreadable_is_not_told() -> None:
    assert standing_versions(tree(), LAYOUT, [PRODUCTION]) == {PRODUCTION: frozenset()}
    broken = MemoryTree({LAYOUT.app_place("staging", "one", "podinfo").record: File(b"template: [")})
    folder = MemoryTree({f"{LAYOUT.environments}/staging/one/podinfo.yaml": File(b"")})
    both = MemoryTree({path: file for one in (broken, folder) for path in one.under("") if (file := one.get(path))})
    assert standing_versions(both, LAYOUT, [STAGING]) == {}
    assert addresses(both, LAYOUT, [STAGING]) == {}


def test_the_address_is_the_first_clusters_that_has_one() -> None:
    known = tree(host="podinfo.acme.dev", tls=False)
    assert addresses(known, LAYOUT, [STAGING, PRODUCTION]) == {STAGING: "http://podinfo.acme.dev"}
