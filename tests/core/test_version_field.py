"""A version that a machine wrote is neither a hand edit nor a template's change."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.core.intents import AddInstance, RemoveInstance
from generator.core.layout import Layout
from generator.core.plan import plan_instances
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


def instance(rendered: MemoryTree) -> AddInstance:
    return AddInstance(PLACE, {path: file for path in rendered.under("") if (file := rendered.get(path))})


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


DEPLOYMENT = b"""\
# Set by a machine.
image: "ghcr.io:443/acme/podinfo:6.7.0" # {"$imagepolicy": "flux-system:podinfo"}
---
tag: 6.7.0   # {"$imagepolicy": "flux-system:podinfo:tag"}
other: 6.7.0 # {"$imagepolicy": "flux-system:other:tag"}
more: {tag: '6.7.0'} # the same, unmarked
last:
  - 6.7.0\t# {"$imagepolicy": "flux-system:podinfo:tag"}
"""


def at_marker(name: str) -> VersionField:
    return VersionField("deployment.yaml", f"$imagepolicy:flux-system:{name}")


def test_a_marker_points_out_every_field_that_has_it() -> None:
    written = at_marker("podinfo:tag").write(File(DEPLOYMENT), "1.10")
    expected = DEPLOYMENT.replace(b"tag: 6.7.0 ", b'tag: "1.10" ').replace(b"- 6.7.0\t", b'- "1.10"\t')
    assert written.data.replace(b"'", b'"') == expected.replace(b"'", b'"')
    assert at_marker("podinfo:tag").read(written) == "1.10"
    assert at_marker("other:tag").read(written) == "6.7.0"


def test_of_a_whole_image_the_tag_is_meant() -> None:
    written = at_marker("podinfo").write(File(DEPLOYMENT), "6.7.1")
    assert written.data == DEPLOYMENT.replace(b"podinfo:6.7.0", b"podinfo:6.7.1")
    assert at_marker("podinfo").read(written) == "6.7.1"


def test_a_marker_that_nothing_has_is_no_version_and_cannot_be_written() -> None:
    assert at_marker("web:tag").read(File(DEPLOYMENT)) is None
    with pytest.raises(UserError, match="markers in the file: flux-system:other:tag"):
        at_marker("web:tag").write(File(DEPLOYMENT), "1")


def test_marked_fields_that_disagree_are_named_with_their_file() -> None:
    found = File(DEPLOYMENT.replace(b"- 6.7.0", b"- 6.6.0"))
    with pytest.raises(UserError, match=r"deployment\.yaml: .*podinfo:tag hold 6\.6\.0 and 6\.7\.0"):
        at_marker("podinfo:tag").read(found)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("ghcr.io/acme/podinfo", ":name"),
        ("sha256:123", ":digest"),
        ("ghcr.io/acme/podinfo", ""),
        ("ghcr.io:443/acme/podinfo", ""),
        ("ghcr.io/acme/podinfo:6.7.0@sha256:123", ""),
    ],
)
def test_a_marked_field_without_a_tag_is_refused(field: str, kind: str) -> None:
    file = File(f'x: {field} # {{"$imagepolicy": "flux-system:podinfo{kind}"}}\n'.encode())
    with pytest.raises(UserError, match=r"line 1: .* holds no tag"):
        at_marker(f"podinfo{kind}").read(file)


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
    plan = plan_instances(tree("6.7.1"), tree("6.7.0"), Layout(), [RemoveInstance(PLACE)])
    assert plan.main == {FILE: None, PLACE.record: None}


def test_a_file_that_cannot_be_read_any_more_is_left_to_the_comparison() -> None:
    broken = File(b"images: [\n")
    assert keep_moved([FIELD], kustomization("1"), broken, kustomization("2")) == (
        kustomization("1"),
        kustomization("2"),
    )
