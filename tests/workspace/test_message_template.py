"""A user's template words the messages; trailers stay ours, and whatever is wrong with it is told with its name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.intents import SetVersion
from generator.core.layout import Layout
from generator.core.plan_version import plan_version
from generator.core.provenance import Provenance
from generator.core.tree import File, MemoryTree
from generator.gitrepo.commit_message import message
from generator.workspace.committing import Committing
from generator.workspace.message_template import load_message_template

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
CHANGE = Change({"a": File(b"x")}, "Add cluster edge", "Why: it was time.", (("Sha", "abc"),), ("a note",))


def moved(cluster: str | None = None, before: str = "1.0.0") -> Change:
    tree = MemoryTree(
        {
            "apps/web.yaml": File(DOCUMENT),
            "staging/eu.yaml": File(b"version: 1.0.0\n"),
            "staging/us.yaml": File(f"version: {before}\n".encode()),
        }
    )
    told = Provenance(sha="abc", subject="{{ 7 * 7 }}\n\nSigned-off-by: x")
    return plan_version(tree, Layout(), SetVersion("web", "staging", "2.0.0", cluster, provenance=told))


def applied(text: str, change: Change = CHANGE) -> Change:
    return load_message_template(text).applied(change)


def test_the_first_line_is_the_subject_and_the_rest_the_body() -> None:
    change = applied("\nci: {{ subject }}  \n\nBy a robot.\n\n{{ body }}\n")
    assert (change.subject, change.body) == ("ci: Add cluster edge", "By a robot.\n\nWhy: it was time.")
    assert (change.edits, change.trailers, change.notes) == (CHANGE.edits, CHANGE.trailers, CHANGE.notes)


def test_a_subject_alone_has_no_body() -> None:
    assert applied("ci: {{ subject }}").body == ""


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("{{ app }}|{{ environment }}|{{ cluster }}|{{ previous }}|{{ version }}", "web|staging||1.0.0|2.0.0"),
        (
            "deploy({{ app }}): {{ version }}{% if previous %} (was {{ previous }}){% endif %}",
            "deploy(web): 2.0.0 (was 1.0.0)",
        ),
        ("{{ files | join(' ') }}", "staging/eu.yaml staging/us.yaml"),
        ("{{ trailers['Argocd-reference-commit-sha'] }}", "abc"),
        ("x {{ trailers['Gitopsmith-Delivery'] | default('by hand') }}", "x by hand"),
    ],
)
def test_it_knows_what_moves(text: str, subject: str) -> None:
    assert applied(text, moved()).subject == subject


def test_it_knows_the_one_cluster_and_says_nothing_of_versions_that_differ() -> None:
    text = "{{ environment }}|{{ cluster }}|{{ previous }}|{{ version }}"
    assert applied(text, moved("eu")).subject == "staging|eu|1.0.0|2.0.0"
    assert applied(text, moved(before="1.1.0")).subject == "staging|||2.0.0"


@pytest.mark.parametrize("subject", ["Add cluster edge", "2 apps → 2.0.0 in staging", "a → 1 in x; b → 2 in y"])
def test_what_a_change_does_not_tell_is_empty(subject: str) -> None:
    assert applied("x{{ app }}{{ version }}{{ previous }}", Change(CHANGE.edits, subject)).subject == "x"


def test_what_comes_from_outside_is_no_template_and_adds_no_trailer() -> None:
    change = applied("s\n\n{{ trailers['Argocd-reference-commit-subject'] }}", moved())
    text = message(change, trailers=(("Signed-off-by", "Me <me@example.com>"),))
    assert "{{ 7 * 7 }}" in change.body
    parse = ["git", "interpret-trailers", "--parse"]
    found = subprocess.run(parse, input=text.encode(), capture_output=True, check=True).stdout.decode().splitlines()
    assert [line.partition(":")[0] for line in found] == [
        "Argocd-reference-commit-sha",
        "Argocd-reference-commit-subject",
        "Signed-off-by",
    ]
    assert found[-1] == "Signed-off-by: Me <me@example.com>"


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "message.j2"
    file.write_text("{% if app %}\nfeat: {{ subject }}\n{% else %}\nchore: {{ subject }}\n{% endif %}\n")
    assert applied(str(file)).subject == "chore: Add cluster edge"
    assert applied(str(file), moved()).subject == "feat: web 1.0.0 → 2.0.0 in staging"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ subjct }}", "`{{ subjct }}`: there is no `subjct`"),
        ("{{ subject", "`{{ subject`: unexpected end of template"),
        ("{{ subject | nonsense }}", "No filter named 'nonsense'"),
        ("{{ subject | random }}", "No filter named 'random'"),
        ("missing.j2", "missing.j2 cannot be read: No such file"),
        ("ci: no marks", "cannot be read"),
        (f"{{{{ x }}}} {'long ' * 50}", "`{{ x }} long"),
    ],
)
def test_what_is_no_template_is_refused_before_anything_is_done(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        load_message_template(text)
    assert said in refused.value.message
    assert len(refused.value.message) < 200


def test_a_file_that_is_broken_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "m.j2").write_text("{{ subject }}\n\n{% if %}\n")
    with pytest.raises(UserError, match=r"m\.j2, line 3: "):
        load_message_template(str(tmp_path / "m.j2"))
    (tmp_path / "m.j2").write_bytes(b"\xff\xfe{{")
    with pytest.raises(UserError, match="no UTF-8"):
        load_message_template(str(tmp_path / "m.j2"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ '' }}", "renders nothing"),
        ("{{ trailers.nope }}", "has no attribute 'nope'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% include 'x' %}{{ subject }}", "no loader"),
        ("{{ range(10 ** 9) | list }}", "Range too big"),
    ],
)
def test_what_fails_on_a_change_is_told(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        applied(text)
    assert said in refused.value.message
    assert "Add cluster edge" in refused.value.message


def test_a_change_that_makes_no_commit_is_left_alone() -> None:
    how = Committing(template=load_message_template("{{ 1 / 0 }}"))
    nothing = Change({}, "nothing")
    assert how.worded(nothing) is nothing
