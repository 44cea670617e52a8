"""A request for a version: its branch, its words, and whether it is made anew on what was deployed meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import ChangedTree
from generator.core.intents import Promote, SetVersion
from generator.core.layout import PRISTINE_BRANCH, Layout
from generator.core.promotion_request import (
    CommitText,
    branch_of,
    compare_address,
    is_made_anew,
    is_superseded,
    moved_words,
    plan_request,
    promotion_request,
    request_branch,
    requested_place,
)
from generator.core.tree import File, MemoryTree, Tree

LAYOUT = Layout()
DOCUMENT = b"""\
apiVersion: gitopsmith.dev/v1alpha1
kind: Microservice
metadata: {name: web}
spec:
  repository: {name: web}
  image: ghcr.io/acme/web
  template: service
  versionFields:
  - {file: "{environment}/{cluster}.yaml", path: version}
"""


def tree(**versions: str) -> MemoryTree:
    """Return a repository with an app whose versions stand at `environment_cluster`."""
    files = {f"{place.replace('_', '/')}.yaml": File(f"version: {text}\n".encode()) for place, text in versions.items()}
    return MemoryTree({"apps/web.yaml": File(DOCUMENT), **files})


def wanted(version: str, cluster: str | None = None, *, allow_downgrade: bool = False) -> SetVersion:
    return SetVersion("web", "production", version, cluster, allow_downgrade)


PROMOTE = Promote("web", "staging", "production")


def test_there_is_one_branch_for_each_app_and_environment() -> None:
    assert request_branch("web", "production") == "gitopsmith/web/production"
    assert branch_of(wanted("1.0.0", "eu")) == branch_of(wanted("2.0.0")) == branch_of(PROMOTE)
    assert not request_branch("pristine", "production").startswith(f"{PRISTINE_BRANCH}/")


@given(app=st.sampled_from(["web", "pristine", "pristine-2", "a"]), environment=st.sampled_from(["eu", "production"]))
def test_the_branch_tells_the_app_and_the_environment(app: str, environment: str) -> None:
    assert requested_place(request_branch(app, environment)) == (app, environment)


@pytest.mark.parametrize(
    "branch", ["main", PRISTINE_BRANCH, "gitopsmith/a/b/c", "gitopsmith//b", "other/web/eu", "web"]
)
def test_other_branches_are_of_no_request(branch: str) -> None:
    assert requested_place(branch) is None


BRANCH = "gitopsmith/web/production"


def test_a_request_says_what_its_commit_says() -> None:
    commit = CommitText("web 1.0.0 → 2.0.0 in production", "Promoted from staging.", (("Sha", "abc"),))
    request = promotion_request(BRANCH, "main", [commit], "something else")
    assert (request.branch, request.base) == (BRANCH, "main")
    assert request.title == "web 1.0.0 → 2.0.0 in production"
    assert request.body.startswith("Promoted from staging.\n\n```text\nSha: abc\n```\n\n")
    assert len(promotion_request(BRANCH, "main", [CommitText("x" * 300)]).title) == 250


def test_a_request_of_several_commits_says_what_they_come_to_and_lists_them() -> None:
    commits = [
        CommitText("@ada: `mine`"),
        CommitText("web 1.0.0 → 2.0.0 in production", "Promoted from staging.", (("Sha", "abc"),)),
    ]
    request = promotion_request(BRANCH, "main", commits, "web 1.5.0 → 2.0.0 in production")
    assert request.title == "web 1.5.0 → 2.0.0 in production"
    listed = "- `` @ada: `mine` ``\n- `web 1.0.0 → 2.0.0 in production`\n\n```text\nSha: abc\n```"
    assert request.body.startswith(listed)
    assert promotion_request(BRANCH, "main", commits).title == "@ada: `mine`"
    assert "- and 10 more" in promotion_request(BRANCH, "main", [CommitText("x")] * 60).body


@pytest.mark.parametrize("said", ["```\n@acme/everybody Fixes #1", "```", "a ```` b", "x\r\n```\nFixes #1"])
def test_nothing_from_outside_leaves_the_code_that_it_stands_in(said: str) -> None:
    body = promotion_request(BRANCH, "main", [CommitText("s", "", (("Subject", said), ("Sha", "abc")))]).body
    fence, _, rest = body.partition("text\n")
    inside, _, after = rest.partition(f"\n{fence}\n")
    assert set(fence) == {"`"}
    assert len(inside.split("\n")) == 2
    assert fence not in inside
    assert "#1" not in after


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/acme/acme-gitops.git", "https://github.com/acme/acme-gitops"),
        ("https://github.com/acme/acme-gitops/", "https://github.com/acme/acme-gitops"),
        ("https://me@ghe.acme.example.com:8443/git/acme/x", "https://ghe.acme.example.com:8443/git/acme/x"),
        ("http://127.0.0.1:8080/acme/x.git", "http://127.0.0.1:8080/acme/x"),
        ("git@github.com:acme/x.git", "https://github.com/acme/x"),
        ("ssh://git@github.com:22/acme/x.git", "https://github.com/acme/x"),
    ],
)
def test_where_a_request_is_opened(remote: str, page: str) -> None:
    address = compare_address(remote, "release/1", "gitopsmith/web/a b")
    assert address == f"{page}/compare/release/1...gitopsmith/web/a%20b?expand=1"


@pytest.mark.parametrize(
    "remote", ["/srv/git/x.git", "../x.git", "C:x", "file:///srv/x.git", "https://github.com", "a:b"]
)
def test_a_folder_has_no_page(remote: str) -> None:
    assert compare_address(remote, "main", "x") is None


# ---- Made anew, or gone on with -------------------------------------------------------------------------------

BASE = tree(production_eu="1.0.0", production_us="1.0.0", staging_eu="1.0.0")


def standing(**versions: str) -> Tree:
    return tree(**{"production_eu": "1.0.0", "production_us": "1.0.0", "staging_eu": "1.0.0", **versions})


@pytest.mark.parametrize(
    ("base", "branch", "want", "anew"),
    [
        # A newer version takes the place of the one that stands.
        ({}, {"production_eu": "2.0.0", "production_us": "2.0.0"}, wanted("3.0.0"), True),
        # The same stands as it is, and is made anew where the base moved beneath it.
        ({}, {"production_eu": "2.0.0", "production_us": "2.0.0"}, wanted("2.0.0"), False),
        ({"production_eu": "1.5.0"}, {"production_eu": "2.0.0", "production_us": "2.0.0"}, wanted("2.0.0"), True),
        # Late news of an older version does not take a newer one back.
        ({}, {"production_eu": "3.0.0", "production_us": "3.0.0"}, wanted("2.0.0"), False),
        ({}, {"production_eu": "3.0.0", "production_us": "3.0.0"}, wanted("2.0.0", allow_downgrade=True), True),
        # What is deployed already needs no request.
        ({"production_eu": "2.0.0", "production_us": "2.0.0"}, {"production_eu": "1.5.0"}, wanted("2.0.0"), True),
        # What is proposed for one cluster is not lost when another one is meant.
        ({}, {"production_us": "2.0.0"}, wanted("2.0.0", "eu"), False),
        ({}, {"production_us": "2.0.0"}, wanted("2.0.0"), True),
        ({}, {"production_us": "3.0.0"}, wanted("2.0.0"), False),
        # A promotion brings what the source runs now, not what it ran when the branch was made.
        ({"staging_eu": "3.0.0"}, {"staging_eu": "2.0.0", "production_eu": "2.0.0"}, PROMOTE, True),
    ],
)
def test_a_request_is_made_anew_where_that_takes_nothing_back(
    base: dict[str, str], branch: dict[str, str], want: SetVersion | Promote, anew: bool
) -> None:
    assert is_made_anew(standing(**base), BASE, standing(**branch), LAYOUT, want) is anew


def test_the_same_is_made_anew_where_the_base_changed_the_file() -> None:
    base = ChangedTree(BASE, {"production/eu.yaml": File(b"# new\nversion: 1.0.0\n")})
    branch = standing(production_eu="2.0.0", production_us="2.0.0")
    assert is_made_anew(base, BASE, branch, LAYOUT, wanted("2.0.0"))


def test_what_the_branch_does_not_have_yet_is_made_on_the_base() -> None:
    assert is_made_anew(BASE, BASE, tree(staging_eu="1.0.0"), LAYOUT, wanted("2.0.0"))


def test_going_on_writes_what_is_missing_on_the_branch() -> None:
    branch = standing(production_us="3.0.0")
    change = plan_request(branch, BASE, LAYOUT, wanted("2.0.0"))
    assert change.edits == {"production/eu.yaml": File(b"version: 2.0.0\n")}


def test_a_promotion_onto_a_branch_brings_what_the_source_of_the_base_runs() -> None:
    base, branch = standing(staging_eu="3.0.0"), standing(staging_eu="2.0.0", production_eu="2.0.0")
    change = plan_request(branch, base, LAYOUT, PROMOTE)
    assert {path: file.data for path, file in change.edits.items() if file} == {
        "production/eu.yaml": b"version: 3.0.0\n",
        "production/us.yaml": b"version: 3.0.0\n",
    }
    assert change.body.startswith("Promoted from staging.")


# ---- Superseded -----------------------------------------------------------------------------------------------

EU, US = "production/eu.yaml", "production/us.yaml"


@pytest.mark.parametrize(
    ("base", "branch", "superseded"),
    [
        # All of it is deployed, or something newer in each place that it changes.
        ({"production_eu": "2.0.0"}, {"production_eu": "2.0.0"}, True),
        ({"production_eu": "2.0.1"}, {"production_eu": "2.0.0"}, True),
        ({"production_eu": "2.0.1", "production_us": "0.9.0"}, {"production_eu": "2.0.0"}, True),
        (
            {"production_eu": "3.0.0", "production_us": "2.0.0"},
            {"production_eu": "2.0.0", "production_us": "2.0.0"},
            True,
        ),
        # One place is still behind.
        ({}, {"production_eu": "2.0.0"}, False),
        ({"production_eu": "1.5.0"}, {"production_eu": "2.0.0"}, False),
        ({"production_eu": "3.0.0"}, {"production_eu": "2.0.0", "production_us": "2.0.0"}, False),
        # A request to go back is not superseded by what it goes back from, nor by a newer version yet.
        ({}, {"production_eu": "0.9.0"}, False),
        ({"production_eu": "1.1.0"}, {"production_eu": "0.9.0"}, False),
        ({"production_eu": "0.9.0"}, {"production_eu": "0.9.0"}, True),
        # Of these nobody can say which is newer.
        ({"production_eu": "def"}, {"production_eu": "abc"}, False),
        # It changes no version.
        ({"production_eu": "2.0.0"}, {}, False),
    ],
)
def test_a_request_is_superseded_by_the_same_or_newer_in_each_place_that_it_changes(
    base: dict[str, str], branch: dict[str, str], superseded: bool
) -> None:
    changed = [path for path in (EU, US) if standing(**branch).get(path) != BASE.get(path)]
    assert is_superseded(standing(**base), BASE, standing(**branch), changed, LAYOUT, BRANCH) is superseded


def test_what_else_a_branch_changes_must_stand_as_well() -> None:
    branch = ChangedTree(standing(production_eu="2.0.0"), {"README.md": File(b"mine")})
    base = standing(production_eu="2.0.0")
    both = [EU, "README.md"]
    assert is_superseded(base, BASE, branch, both, LAYOUT, BRANCH)
    with_it = ChangedTree(base, {"README.md": File(b"mine")})
    assert is_superseded(with_it, BASE, branch, both, LAYOUT, "gitopsmith/unknown/production")
    assert not is_superseded(base, BASE, branch, both, LAYOUT, "gitopsmith/unknown/production")


def test_an_app_that_is_gone_supersedes_nothing() -> None:
    assert not is_superseded(MemoryTree(), BASE, standing(production_eu="2.0.0"), [EU], LAYOUT, BRANCH)


VERSION = st.sampled_from(["1.0.0", "1.5.0", "2.0.0", "2.0.0-rc.1", "abc"])


@given(VERSION, VERSION, VERSION)
def test_what_is_planned_on_what_supersedes_it_changes_nothing(fork: str, proposed: str, now: str) -> None:
    """A request that is taken away for it would not be made again."""
    base, before, branch = (standing(production_eu=version, production_us=version) for version in (now, fork, proposed))
    if proposed != fork and is_superseded(base, before, branch, [EU, US], LAYOUT, BRANCH):
        assert plan_request(base, base, LAYOUT, wanted(proposed)).edits == {}


def test_what_a_branch_moves_is_told_from_what_is_deployed() -> None:
    base, branch = standing(production_eu="1.5.0", production_us="1.5.0"), standing(production_eu="2.0.0")
    assert moved_words(base, BASE, branch, LAYOUT, BRANCH) == "web 1.5.0 → 2.0.0 in production"
    assert moved_words(base, BASE, BASE, LAYOUT, BRANCH) == ""
    assert moved_words(MemoryTree(), BASE, branch, LAYOUT, BRANCH) == ""
    assert moved_words(base, BASE, branch, LAYOUT, "main") == ""
