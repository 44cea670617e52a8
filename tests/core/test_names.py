"""Which names are accepted, and that a name made of any text is legal."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.core.names import (
    LABEL_LIMIT,
    check_name,
    check_owner,
    check_repository,
    check_slug,
    closest,
    cut,
    is_branch,
    is_folder,
    is_label,
    is_owner,
    is_repository,
    is_subdomain,
    is_yaml_keyword,
    short_hash,
    slug,
)

LABEL_CHARACTERS = string.ascii_lowercase + string.digits + "-"
ALNUM = st.sampled_from(string.ascii_lowercase + string.digits)
long_labels = st.builds(
    lambda first, middle, last: first + middle + last,
    ALNUM,
    st.text(LABEL_CHARACTERS, min_size=LABEL_LIMIT, max_size=120),
    ALNUM,
)
owners = st.from_regex(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", fullmatch=True).filter(lambda name: len(name) <= 39)


@pytest.mark.parametrize(
    ("text", "hashed"), [("hello-world", "cmqolv9f"), ("0.0.1", "svek39uq"), ("a-branch", "ebq4dofr")]
)
def test_the_short_hash_is_the_one_of_the_source(text: str, hashed: str) -> None:
    assert short_hash(text) == hashed


@given(st.text())
def test_a_short_hash_has_eight_legal_characters(text: str) -> None:
    assert len(short_hash(text)) == 8
    assert is_label(short_hash(text))


@given(long_labels, long_labels, st.integers(10, LABEL_LIMIT))
def test_names_that_differ_differ_after_the_cut(one: str, other: str, limit: int) -> None:
    assert (cut(one, limit) == cut(other, limit)) == (one == other)
    assert cut(one + one, limit) != cut(one + other, limit) or one == other
    assert is_label(cut(one, limit), limit)


@given(st.text(LABEL_CHARACTERS, max_size=LABEL_LIMIT))
def test_a_name_that_fits_is_not_cut(name: str) -> None:
    assert cut(name) == name


def test_a_cut_leaves_no_hyphen_or_dot_doubled() -> None:
    assert cut("a" * 50 + "---.-" + "b" * 20).startswith("a" * 50 + "-" + short_hash("a" * 50 + "---.-" + "b" * 20))


@given(st.text(), st.integers(10, LABEL_LIMIT))
@example("1e3", 10)
@example("--", 10)
@example("İ", 10)
@example("\udcff", 10)
@example("9" * 63, 63)
@example("2024-02-30", 10)
def test_any_text_has_a_slug_that_is_a_label_and_a_string_in_yaml(text: str, limit: int) -> None:
    label = slug(text, limit)
    assert is_label(label, limit)
    assert yaml.safe_load(label) == label


@given(owners)
@example("A" * 39)
@example("0x1F")
@example("123")
@example("No")
def test_an_owner_has_a_slug_and_keeps_its_name_where_that_is_legal(owner: str) -> None:
    assert check_owner("organization", owner) == owner
    assert is_label(slug(owner))
    if not is_yaml_keyword(owner):
        assert slug(owner) == owner.lower()


def test_slugs_as_people_expect_them() -> None:
    assert slug("Acme-Corp") == "acme-corp"
    assert slug("acme.example/Team A") == "acme-example-team-a"
    assert slug("1e3") == "x-1e3"
    assert slug("日本") == f"x-{short_hash('日本')}"
    assert slug("日本") != slug("中国")


@pytest.mark.parametrize("name", ["a", "0", "a-b", "1e3", "a" * 63, "x--y"])
def test_labels(name: str) -> None:
    assert is_label(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a_b", "ä", "a" * 64, "a\n", "a b", "٣"])
def test_no_labels(name: str) -> None:
    assert not is_label(name)


def test_subdomains_are_labels_with_dots() -> None:
    assert is_subdomain("prod-eu.acme.example.com")
    assert is_subdomain(".".join(["a" * 63] * 3 + ["b" * 61]))
    assert not is_subdomain(".".join(["a" * 63] * 4))
    assert not any(map(is_subdomain, ["", ".", "a..b", "a.", "A.b", "a.-b", "a.b\n"]))


@pytest.mark.parametrize("owner", ["", "-a", "a-", "a--b", "a_b", "a.b", "a" * 40, "ä", "a/b", "a\n"])
def test_no_owners(owner: str) -> None:
    assert not is_owner(owner)
    with pytest.raises(UserError, match="not a GitHub owner's name"):
        check_owner("organization", owner)


@pytest.mark.parametrize("name", ["a", ".github", "A_b.c-d", "a" * 100, "-"])
def test_repositories(name: str) -> None:
    assert check_repository("repository", name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a.git", "a/b", "a" * 101, "ä", "a b", "a\n"])
def test_no_repositories(name: str) -> None:
    assert not is_repository(name)
    with pytest.raises(UserError, match="not a GitHub repository's name"):
        check_repository("repository", name)


@pytest.mark.parametrize("text", ["acme/shop", "Acme/.github", "a/b.c_d"])
def test_a_repository_with_its_owner(text: str) -> None:
    assert "/".join(check_slug("repository", text)) == text


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("shop", "`shop` is not OWNER/NAME", "OWNER/shop"),
        ("", "`` is not OWNER/NAME", "acme/shop"),
        ("a/b/c", "`a/b/c` is not OWNER/NAME", "acme/shop"),
        ("acme/", "`acme/` is not OWNER/NAME", "acme/shop"),
        ("a b/shop", "`a b` is not a GitHub owner's name", "39 letters"),
        ("acme/..", "`..` is not a GitHub repository's name", "100 letters"),
        ("https://github.com/globex/shop", "is given as an address", "Use `globex/shop`"),
        ("https://github.com/globex/shop.git/", "is given as an address", "Use `globex/shop`"),
        ("https://name:secret@ghe.acme.io/globex/shop", "is given as an address", "Use `globex/shop`"),
        ("git@github.com:globex/shop.git", "is given as an address", "Use `globex/shop`"),
        ("github.com/globex/shop", "is given as an address", "Use `globex/shop`"),
        ("https://secret@github.com/shop", "is given as an address", "acme/shop"),
    ],
)
def test_no_repository_with_its_owner(text: str, said: str, hint: str) -> None:
    with pytest.raises(UserError) as refused:
        check_slug("repository", text)
    assert said in refused.value.message
    assert hint in refused.value.hint
    assert "secret" not in str(refused.value) + refused.value.hint


@pytest.mark.parametrize("name", ["main", "release/1.10", "a_b", "_x", "1e3", "a/-b"])
def test_branches(name: str) -> None:
    assert is_branch(name)


@pytest.mark.parametrize(
    "name",
    ["", "-x", "/a", "a/", "a//b", "a..b", "a.lock", "a.lock/b", "a.", ".a", "a/.b", "a b", "a\nb", "a~1", "@{-1}"],
)
def test_no_branches(name: str) -> None:
    assert not is_branch(name)


def test_folders_stay_in_their_repository() -> None:
    assert is_folder("registry/clusters")
    assert not any(map(is_folder, ["", "/etc", "../x", "a/../b", "a/", "a//b", ".git", "a/.git", "./a", "a\n", "~/x"]))


@given(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,11}[a-z0-9])?", fullmatch=True))
def test_no_label_that_yaml_reads_as_a_value_passes_as_text(label: str) -> None:
    try:
        is_text = isinstance(yaml.safe_load(label), str)
    except ValueError:
        is_text = False
    assert is_text or is_yaml_keyword(label)


@pytest.mark.parametrize(
    "name", ["y", "No", "ON", "null", "1", "007", "1e3", "0x1f", "0o17", "0b1", "1_000", "2024-01-02", "2024-13-45"]
)
def test_yaml_keywords(name: str) -> None:
    assert is_yaml_keyword(name)


@pytest.mark.parametrize("name", ["yeah", "a1", "1a", "1-2", "0xg", "e3", "2024-01", "prod-1"])
def test_no_yaml_keywords(name: str) -> None:
    assert not is_yaml_keyword(name)


def test_a_checked_name_is_returned() -> None:
    assert check_name("cluster", "prod-eu", 40) == "prod-eu"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("", "The cluster has no name", "such as `prod-eu`"),
        ("a" * 41, "has 41 characters", "at most 40"),
        ("Prod", "`Prod` is not a legal Kubernetes name", "lower-case"),
        ("prod.eu", "not a legal", "lower-case"),
        ("prodü", "not a legal", "lower-case"),
        ("..", "not a legal", "lower-case"),
        ("/prod", "not a legal", "lower-case"),
        ("prod\n", "not a legal", "lower-case"),
        ("yes", "is read by YAML as a value", "`yes-1`"),
        ("null", "is read by YAML as a value", "`the-null`"),
        ("1e3", "is read by YAML as a value", "`1e3-1`"),
    ],
)
def test_a_refused_name_says_which_rule_and_what_to_do(name: str, message: str, hint: str) -> None:
    with pytest.raises(UserError) as refused:
        check_name("cluster", name, 40)
    assert message in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize("keyword", ["on", "1e3", "2024-01-02", "0"])
def test_the_names_that_a_refusal_proposes_are_accepted(keyword: str) -> None:
    assert check_name("app", f"{keyword}-1")
    assert check_name("app", f"the-{keyword}")


def test_the_name_that_was_probably_meant() -> None:
    assert closest("stagin", ["prod", "staging"]) == "staging"
    assert closest("xyz", ["prod", "staging"]) is None
    assert closest("prod", []) is None
