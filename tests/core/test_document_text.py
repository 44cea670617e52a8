"""Documents as text: what is written is read again, and what is wrong is named by file and key."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.core.document_text import dump_documents, parse_document, parse_documents, plain
from generator.core.documents import (
    Document,
    ExternalDNS,
    GitHubRepository,
    GitHubRepositorySpec,
    Metadata,
    Microservice,
    NetworkPolicy,
    NetworkPolicySpec,
    SecretReference,
)
from generator.core.errors import UserError, UserErrors

HEAD = "apiVersion: gitopsmith.dev/v1alpha1\nkind: GitHubRepository\n"
PODINFO = GitHubRepository(metadata=Metadata(name="podinfo"), spec=GitHubRepositorySpec(owner="acme", repo="podinfo"))

ODD = [
    "yes",
    "No",
    "on",
    "null",
    "Null",
    "~",
    "1e3",
    "0x1f",
    "0o17",
    "012",
    "1_000",
    "1.10",
    "2024-01-01",
    "1:30",
    "=",
    "<<",
]
owners = st.sampled_from(["yes", "No", "null", "1e3", "0x1f", "012", "42", "2024-01-01", "acme", "Acme-Corp"])
texts = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]))
documents = st.one_of(
    st.builds(
        lambda owner, repo, labels: GitHubRepository(
            metadata=Metadata(name="x", labels=labels), spec=GitHubRepositorySpec(owner=owner, repo=repo)
        ),
        owners,
        owners,
        st.dictionaries(texts, texts, max_size=3),
    ),
    st.builds(
        lambda domain: NetworkPolicy(
            metadata=Metadata(name="x"),
            spec=NetworkPolicySpec(
                microservice=SecretReference(name="x"), externalDNS=(ExternalDNS(domain=domain, disableTLS=True),)
            ),
        ),
        texts,
    ),
)


@given(st.lists(documents, max_size=3))
def test_what_is_written_is_read_again(some: list[Document]) -> None:
    data = dump_documents(some)
    assert parse_documents(data, "x") == some
    assert dump_documents(parse_documents(data, "x")) == data


@pytest.mark.parametrize("word", ODD)
def test_a_text_stays_a_text_for_every_reader(word: str) -> None:
    document = GitHubRepository(
        metadata=Metadata(name="x", labels={word: word}), spec=GitHubRepositorySpec(owner="acme", repo="x")
    )
    assert yaml.safe_load(dump_documents([document]))["metadata"]["labels"] == {word: word}
    assert f'"{word}": "{word}"' in dump_documents([document]).decode().replace("'", '"')


def test_the_form_that_people_edit() -> None:
    policy = NetworkPolicy(
        metadata=Metadata(name="podinfo"),
        spec=NetworkPolicySpec(
            microservice=SecretReference(name="podinfo"), externalDNS=(ExternalDNS(domain="{{.Name}}.example.com"),)
        ),
    )
    assert dump_documents([PODINFO, policy], "Yours to edit.\nReally.").decode() == (
        "# Yours to edit.\n# Really.\n"
        "apiVersion: gitopsmith.dev/v1alpha1\nkind: GitHubRepository\nmetadata:\n  name: podinfo\n"
        "spec:\n  owner: acme\n  repo: podinfo\n---\n"
        "apiVersion: gitopsmith.dev/v1alpha1\nkind: NetworkPolicy\nmetadata:\n  name: podinfo\n"
        "spec:\n  microservice:\n    name: podinfo\n  externalDNS:\n    - domain: '{{.Name}}.example.com'\n"
    )


def test_only_what_was_chosen_is_written() -> None:
    assert plain(PODINFO)["spec"] == {"owner": "acme", "repo": "podinfo"}


def test_the_document_of_a_kind_is_found_among_others() -> None:
    other = NetworkPolicy(metadata=Metadata(name="x"), spec=NetworkPolicySpec(microservice=SecretReference(name="x")))
    assert parse_document(dump_documents([other, PODINFO]), "x", GitHubRepository) == PODINFO
    with pytest.raises(UserError, match=r"apps/x\.yaml: no Microservice in this file"):
        parse_document(dump_documents([other, PODINFO]), "apps/x.yaml", Microservice)


def test_empty_documents_are_left_out() -> None:
    assert parse_documents(b"---\n---\n# nothing\n", "x") == []
    assert parse_documents(b"---\n" + dump_documents([PODINFO]) + b"---\n", "x") == [PODINFO]


def test_all_that_is_wrong_is_named_at_once() -> None:
    text = f"{HEAD}metadata: {{name: Bad_Name}}\nspec: {{owner: a--b, repos: x, maxAvailable: many}}\n"
    with pytest.raises(UserErrors) as refused:
        parse_documents(text.encode(), "apps/x.yaml")
    assert refused.value.summary == "apps/x.yaml: GitHubRepository is not right:"
    assert {problem.message.split(":")[0] for problem in refused.value.problems} == {
        "metadata.name",
        "spec.owner",
        "spec.repo",
        "spec.repos",
        "spec.maxAvailable",
    }
    assert "(found: many)" in str(refused.value)


def test_a_token_in_an_address_is_refused_without_being_told() -> None:
    text = "kind: Organization\nmetadata: {name: acme}\nspec: {gitUrl: https://ghp_secret@github.com}\n"
    with pytest.raises(UserErrors, match=r"spec\.gitUrl: must be an address such as https://github\.com") as caught:
        parse_documents(f"apiVersion: gitopsmith.dev/v1alpha1\n{text}".encode(), "organization.yaml")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("field", ["config_secret: {name: x}", "configsecret: {name: x}", "ConfigSecret: {name: x}"])
def test_a_field_has_one_spelling(field: str) -> None:
    text = f"{HEAD}metadata: {{name: x}}\nspec: {{owner: a, repo: x, {field}}}\n"
    with pytest.raises(UserErrors, match=r"there is no such field; did you mean `configSecret`\?"):
        parse_documents(text.encode(), "x")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("delivry: [{environment: staging}]", "spec.delivry: there is no such field; did you mean `delivery`?"),
        ("nonsense: 1", "spec.nonsense: there is no such field"),
        (
            "delivery: [{environment: a, mod: commit}]",
            "spec.delivery.0.mod: there is no such field; did you mean `mode`?",
        ),
        ("preview: {clusters: a}", "spec.preview.clusters: there is no such field; did you mean `cluster`?"),
    ],
)
def test_a_misspelt_field_is_told_with_the_one_that_was_meant(spec: str, said: str) -> None:
    text = f"apiVersion: gitopsmith.dev/v1alpha1\nkind: Microservice\nmetadata: {{name: x}}\nspec:\n  {spec}\n"
    with pytest.raises(UserErrors) as refused:
        parse_documents(text.encode(), "x")
    assert said in [problem.message for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("owner", "found"),
    [("[a, b]", "a list"), ("{a: b}", "a mapping"), ("null", "nothing"), ("yes", "true"), ("12", "12")],
)
def test_what_was_found_is_told_in_the_words_of_yaml(owner: str, found: str) -> None:
    with pytest.raises(UserErrors, match=rf"spec\.owner: .*\(found: {found}\)"):
        parse_documents(f"{HEAD}metadata: {{name: x}}\nspec: {{owner: {owner}, repo: x}}\n".encode(), "x")


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "[]",
        "text",
        "apiVersion: v1\nkind: ConfigMap",
        "apiVersion: gitopsmith.dev/v1alpha1\nkind: Unknown",
        "apiVersion: gitopsmith.dev/v1alpha1\nkind: [a]",
        "apiVersion: gitopsmith.dev/v1alpha1",
        "apiVersion: [a]\nkind: Organization",
    ],
)
def test_what_is_no_document_of_ours_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not a document of gitopsmith") as refused:
        parse_documents(text.encode(), "organization.yaml")
    assert refused.value.message.startswith("organization.yaml: ")
    assert "GitHubRepository, Microservice" in refused.value.hint


@pytest.mark.parametrize("text", ["a: [", "a: 2024-13-01", "a: !!int x", "\x00", "- " * 60_000, "a: &a [*a]"])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"organization\.yaml(:[0-9]+)?: this is not YAML: "):
        parse_documents(text.encode(), "organization.yaml")


@pytest.mark.parametrize("text", ["1: 2\nmetadata: {name: x, labels: {a: {}}}", "metadata: 1\nspec: []"])
def test_odd_shapes_are_refused_with_their_keys(text: str) -> None:
    with pytest.raises(UserErrors):
        parse_documents(f"{HEAD}{text}\n".encode(), "x")
