"""The fields that Flux's image policies own, found by their markers."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.core.yamltext import Marked, Path, marked, set_marked

FILE = b"""\
\xef\xbb\xbfspec:
  image: ghcr.io/acme/podinfo:6.7.0 # {"$imagepolicy": "flux-system:podinfo"}
---
images:
- name: podinfo
  newName: ghcr.io/acme/podinfo # {"$imagepolicy": "flux-system:podinfo:name"}
  newTag: 1.10 # {"$imagepolicy": "flux-system:podinfo:tag"}
- {name: other} # {"$imagepolicy": "flux-system:podinfo:tag"}
# - newTag: old # {"$imagepolicy": "flux-system:podinfo:tag"}
text: |
  tag: x # {"$imagepolicy": "flux-system:podinfo:tag"}
empty: # {"$imagepolicy": "flux-system:other:digest"}
"""


def test_every_scalar_with_a_marker_is_found_with_its_place() -> None:
    item = Path(("images", 0))
    assert marked(FILE) == (
        Marked("flux-system:podinfo", "", Path(("spec", "image")), 0, 2, 10, "ghcr.io/acme/podinfo:6.7.0"),
        Marked("flux-system:podinfo", "name", item / "newName", 1, 6, 12, "ghcr.io/acme/podinfo"),
        Marked("flux-system:podinfo", "tag", item / "newTag", 1, 7, 11, "1.10"),
        Marked("flux-system:other", "digest", Path(("empty",)), 1, 12, 7, ""),
    )
    assert [one.marker for one in marked(FILE)][:2] == ["flux-system:podinfo", "flux-system:podinfo:name"]


def test_a_file_without_markers_has_none() -> None:
    assert marked(b"a: 1 # x\n") == ()


def test_setting_a_marker_changes_its_scalars_and_no_other_byte() -> None:
    assert set_marked(FILE, "flux-system:podinfo:tag", "1.20") == FILE.replace(b"newTag: 1.10 ", b'newTag: "1.20" ')
    found = marked(FILE)
    assert set_marked(FILE, found[0], "x/y:1") == FILE.replace(b"ghcr.io/acme/podinfo:6.7.0", b"x/y:1")
    assert set_marked(FILE, found[3], "sha256:0a") == FILE.replace(b"empty: ", b"empty: sha256:0a ")
    twice = b'a: x # {"$imagepolicy": "n:p:tag"}\nb: "z" # {"$imagepolicy": "n:p:tag"}\n'
    assert set_marked(twice, "n:p:tag", "v2") == twice.replace(b": x", b": v2").replace(b'"z"', b'"v2"')
    assert set_marked(twice, marked(twice)[1], "v2") == twice.replace(b'"z"', b'"v2"')


@pytest.mark.parametrize("marker", ["flux-system:podinfo:digest", marked(b'a: 1 # {"$imagepolicy": "n:p"}\n')[0]])
def test_a_marker_that_is_not_there_cannot_be_set(marker: str | Marked) -> None:
    with pytest.raises(UserError) as raised:
        set_marked(FILE, marker, "x")
    assert "no field has the marker" in raised.value.message
    assert "flux-system:other:digest, flux-system:podinfo, flux-system:podinfo:name" in raised.value.message


@pytest.mark.parametrize(
    "marker",
    ['{"$imagepolicy": "podinfo"}', '{"$imagepolicy": "a:b:tags"}', '{"$imagepolicy": 1}', '{"$imagepolicy" "a:b"}'],
)
def test_a_marker_that_names_no_policy_is_refused(marker: str) -> None:
    with pytest.raises(UserError) as raised:
        marked(f"a: 1\nb: x # {marker}\n".encode())
    assert raised.value.message == f"line 2: the marker {marker} does not name an image policy"
