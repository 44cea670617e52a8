"""A version that a machine wrote is neither a hand edit nor a template's change."""

from __future__ import annotations

from generator.core.layout import Layout
from generator.core.plan import Instance, plan_instances
from generator.core.record import Record
from generator.core.tree import File, MemoryTree
from generator.core.version_field import VersionField, keep_moved

FIELD = VersionField("podinfo/kustomization.yaml", "images[name=ghcr.io/acme/podinfo].newTag")
PLACE = Layout().app_place("staging", "prod-eu", "podinfo")
FILE = f"{PLACE.destination}/{FIELD.file}"


def kustomization(version: str, extra: str = "") -> File:
    return File(f'images:\n  - name: ghcr.io/acme/podinfo\n    newTag: "{version}" # theirs\n{extra}'.encode())


def tree(version: str, extra: str = "", *, template_version: str = "1") -> MemoryTree:
    record = Record("builtin:service", f"sha256:{template_version}", {}, (), (FIELD,))
    return MemoryTree({FILE: kustomization(version, extra), PLACE.record: File(record.dump())})


def instance(rendered: MemoryTree) -> Instance:
    return Instance(PLACE, {path: file for path in rendered.under("") if (file := rendered.get(path))})


def test_reads_and_writes_the_version_alone() -> None:
    written = FIELD.write(kustomization("6.7.0"), "1.10")
    assert written == kustomization("1.10")
    assert FIELD.read(written) == "1.10"


def test_the_file_stands_in_the_folder_of_its_instance() -> None:
    assert FIELD.file_in("registry/web") == "registry/web/podinfo/kustomization.yaml"
    assert FIELD.file_in("") == "podinfo/kustomization.yaml"


def test_reads_nothing_where_the_file_or_the_scalar_is_missing() -> None:
    assert FIELD.read(None) is None
    assert FIELD.read(File(b"images: []\n")) is None


def test_a_version_that_was_written_since_survives_a_change_of_the_template() -> None:
    plan = plan_instances(
        tree("6.7.1"), tree("6.7.0"), Layout(), [instance(tree("6.7.0", "namePrefix: x-\n", template_version="2"))]
    )
    assert plan.main[FILE] == kustomization("6.7.1", "namePrefix: x-\n")
    assert plan.pristine[FILE] == kustomization("6.7.0", "namePrefix: x-\n")
    assert not plan.overridden


def test_a_version_that_nobody_moved_is_the_templates_to_change() -> None:
    plan = plan_instances(tree("6.7.0"), tree("6.7.0"), Layout(), [instance(tree("6.8.0"))])
    assert plan.main[FILE] == kustomization("6.8.0")


def test_a_written_version_does_not_keep_an_app_from_being_removed() -> None:
    plan = plan_instances(tree("6.7.1"), tree("6.7.0"), Layout(), [Instance(PLACE)])
    assert plan.main == {FILE: None, PLACE.record: None}


def test_a_file_that_cannot_be_read_any_more_is_left_to_the_comparison() -> None:
    broken = File(b"images: [\n")
    assert keep_moved([FIELD], kustomization("1"), broken, kustomization("2")) == (
        kustomization("1"),
        kustomization("2"),
    )
