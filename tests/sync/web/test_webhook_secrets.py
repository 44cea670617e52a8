"""Which secret counts for which repository, and that none of them is ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from generator.core.errors import UserError
from generator.sync.web.webhook_secrets import WebhookSecrets, read_secrets, webhook_secrets

NEW = "n3w-" + "0123456789abcdef"
OLD = "0ld-" + "0123456789abcdef"
OWN = "0wn-" + "0123456789abcdef"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.yaml"


def write(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    """Replace a file as editors and Kubernetes do: the new one is there at once, and another one."""
    new = path.with_suffix(".new")
    new.write_bytes(content.encode() if isinstance(content, str) else content)
    new.chmod(mode)
    return new.replace(path)


# The environment


def test_one_secret_counts_for_all_repositories_and_for_an_app() -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": NEW})
    assert secrets.of("acme/podinfo") == secrets.shared() == (NEW.encode(),)


def test_the_one_before_counts_as_well_while_it_is_replaced() -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": NEW, "GITOPSMITH_WEBHOOK_SECRET_PREVIOUS": OLD})
    assert secrets.of("acme/podinfo") == (NEW.encode(), OLD.encode())


def test_a_secret_is_bytes_as_the_environment_has_them() -> None:
    raw = b"\xff\xfe" + NEW.encode()
    assert webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": os.fsdecode(raw)}).shared() == (raw,)


@pytest.mark.parametrize("given", [{}, {"GITOPSMITH_WEBHOOK_SECRET": ""}])
def test_without_any_secret_nothing_starts(given: dict[str, str]) -> None:
    with pytest.raises(UserError, match="There is no webhook secret") as error:
        webhook_secrets(given)
    assert "GITOPSMITH_WEBHOOK_SECRET" in error.value.hint
    assert "--webhook-secrets" in error.value.hint


def test_the_one_before_does_not_stand_alone() -> None:
    with pytest.raises(UserError, match="GITOPSMITH_WEBHOOK_SECRET_PREVIOUS is set, but GITOPSMITH_WEBHOOK_SECRET is"):
        webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET_PREVIOUS": OLD})


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("s3cr3t", "has 6 characters, and 16 are the fewest"),
        ("   ", "empty"),
        (f"{NEW}\n", "begins or ends with a space or a line end"),
        (f" {NEW}", "begins or ends with a space"),
    ],
)
@pytest.mark.parametrize("name", ["GITOPSMITH_WEBHOOK_SECRET", "GITOPSMITH_WEBHOOK_SECRET_PREVIOUS"])
def test_a_secret_that_is_none_is_refused_by_its_name_alone(name: str, secret: str, problem: str) -> None:
    with pytest.raises(UserError, match=f"^{name}: .*{problem}") as error:
        webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": NEW, name: secret})
    assert secret.strip() == "" or secret not in str(error.value)


# The file


def test_a_repository_has_its_own_secret_or_two(path: Path) -> None:
    write(path, f"Acme/Podinfo: {OWN}\nacme/cart: [{NEW}, '{OLD}']\n")
    secrets = webhook_secrets({}, path)
    assert secrets.of("acme/podinfo") == secrets.of("ACME/PODINFO") == (OWN.encode(),)
    assert secrets.of("acme/cart") == (NEW.encode(), OLD.encode())
    assert secrets.of("acme/other") == secrets.shared() == ()


def test_what_has_no_own_secret_has_the_shared_one(path: Path) -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": NEW}, write(path, f"acme/podinfo: {OWN}\n"))
    assert secrets.of("acme/podinfo") == (OWN.encode(),)
    assert secrets.of("acme/other") == secrets.shared() == (NEW.encode(),)


APP = {"GITOPSMITH_APP_ID": "12", "GITOPSMITH_APP_PRIVATE_KEY_FILE": "key.pem"}


@pytest.mark.parametrize(("environment", "counts"), [({}, False), ({"GITOPSMITH_TOKEN": "x"}, False), (APP, True)])
def test_the_shared_secret_signs_for_a_repository_with_its_own_only_as_that_of_an_app(
    path: Path, environment: dict[str, str], counts: bool
) -> None:
    given = {"GITOPSMITH_WEBHOOK_SECRET": NEW, **environment}
    secrets = webhook_secrets(given, write(path, f"Acme/Podinfo: {OWN}\n"))
    assert secrets.shared_count_for("acme/podinfo") == secrets.shared_count_for("ACME/podinfo") == counts
    assert secrets.shared_count_for("acme/other")
    write(path, f"acme/other: {OWN}\n")
    assert secrets.shared_count_for("acme/podinfo")
    assert secrets.shared_count_for("acme/other") == counts


def test_a_secret_is_taken_as_it_is_written_whatever_yaml_thinks_of_it(path: Path) -> None:
    write(path, "a/digits: 00123456789012345678\na/octal: 0o1234567012345670\na/float: 1.50000000000000000e3\n")
    secrets = read_secrets(path)
    assert secrets["a/digits"] == (b"00123456789012345678",)
    assert secrets["a/octal"] == (b"0o1234567012345670",)
    assert secrets["a/float"] == (b"1.50000000000000000e3",)


def test_a_file_that_changes_is_read_again(path: Path) -> None:
    secrets = WebhookSecrets(file=write(path, f"acme/podinfo: {OLD}\n"))
    write(path, f"acme/podinfo: [{NEW}, {OLD}]\n")
    assert secrets.of("acme/podinfo") == (NEW.encode(), OLD.encode())
    write(path, f"acme/other: {NEW}\n")
    assert secrets.of("acme/podinfo") == ()


def test_every_secret_is_told_as_soon_as_it_is_read(path: Path) -> None:
    known: list[str] = []
    secrets = webhook_secrets({}, write(path, f"acme/podinfo: {OLD}\n"), learn=known.append)
    assert known == [OLD]
    write(path, f"acme/podinfo: [{NEW}, {OLD}]\n")
    secrets.of("acme/podinfo")
    assert known == [OLD, NEW, OLD]


@pytest.mark.parametrize("content", ["", "acme/podinfo: short\n", "acme/podinfo: [", None])
def test_a_file_that_is_wrong_for_a_while_changes_nothing_and_is_told_once(path: Path, content: str | None) -> None:
    secrets = WebhookSecrets(file=write(path, f"acme/podinfo: {OLD}\n"))
    assert secrets.problem() == ""
    with capture_logs() as logs:
        if content is None:
            path.unlink()
        else:
            write(path, content)
        for _ in range(3):
            assert secrets.of("acme/podinfo") == (OLD.encode(),)
        assert str(path) in secrets.problem()
        assert [entry["log_level"] for entry in logs] == ["error"]
    write(path, f"acme/podinfo: {NEW}\n")
    assert secrets.of("acme/podinfo") == (NEW.encode(),)
    assert secrets.problem() == ""


def test_a_volume_of_kubernetes_is_followed_and_may_be_readable(tmp_path: Path) -> None:
    """A Secret is mounted as links over `..data`, which is exchanged when it changes; its mode is 0644."""

    def mount(name: str, secret: str) -> None:
        (tmp_path / name).mkdir()
        write(tmp_path / name / "secrets.yaml", f"acme/podinfo: {secret}\n", 0o644)
        (tmp_path / "..new").symlink_to(name)
        (tmp_path / "..new").replace(tmp_path / "..data")

    mount("..2026_01", OLD)
    path = tmp_path / "secrets.yaml"
    path.symlink_to(Path("..data", "secrets.yaml"))
    secrets = WebhookSecrets(file=path)
    assert secrets.of("acme/podinfo") == (OLD.encode(),)
    mount("..2026_02", NEW)
    assert secrets.of("acme/podinfo") == (NEW.encode(),)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666])
def test_a_file_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    write(path, f"acme/podinfo: {OWN}\n", mode)
    with pytest.raises(UserError, match=rf"others on this machine may .* \(mode 0{mode:o}\)") as error:
        read_secrets(path)
    assert error.value.hint == f"Run `chmod 600 {path}`."


def test_a_group_may_read_the_file(path: Path) -> None:
    assert read_secrets(write(path, f"acme/podinfo: {OWN}\n", 0o640))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no webhook secrets"),
        ("{}", "holds no webhook secrets"),
        ("# none yet\n", "holds no webhook secrets"),
        (f"- {OWN}\n", "holds no webhook secrets"),
        (OWN, "holds no webhook secrets"),
        ("acme/podinfo: [", "not YAML"),
        (f"a/b: {OWN}\n---\na/b: {OWN}\n", "not YAML"),
        (f"acme/podinfo: *{OWN}\n", "not YAML"),
        (f"acme/podinfo: %{OWN}\n", "not YAML"),
        (f'acme/podinfo: "{OWN}\\q"\n', "not YAML"),
        (b"acme/podinfo: \xff" + OWN.encode(), "not YAML"),
        ("[" * 100_000, "not YAML"),
        (f"acme/podinfo: {OWN[:15]}\n", "line 1: acme/podinfo: the secret has 15 characters, and 16 are the fewest"),
        (f"\nacme/podinfo: [{OWN}, short]\n", "line 2: acme/podinfo: the secret has 5 characters"),
        ("acme/podinfo:\n", "the secret is empty or no text"),
        ("acme/podinfo: ~\n", "the secret is empty or no text"),
        ("acme/podinfo: ''\n", "the secret is empty or no text"),
        (f"acme/podinfo: {{secret: {OWN}}}\n", "the secret is empty or no text"),
        (f"acme/podinfo: [[{OWN}]]\n", "the secret is empty or no text"),
        (f"acme/podinfo: !!binary {OWN}\n", "the secret is empty or no text"),
        (f"acme/podinfo: !vault {OWN}\n", "the secret is empty or no text"),
        (f"acme/podinfo: '{OWN}\n\n  '\n", "begins or ends with a space or a line end"),
        ("acme/podinfo: []\n", "there are 0 secrets"),
        (f"acme/podinfo: [{OWN}, {NEW}, {OLD}]\n", "there are 3 secrets"),
        (f"acme/podinfo: {OWN}\nAcme/Podinfo: {NEW}\n", "line 2: Acme/Podinfo comes twice"),
        (f"podinfo: {OWN}\n", "line 1: the key is no repository"),
        (f"acme/a/b: {OWN}\n", "line 1: the key is no repository"),
        (f"{OWN}: acme/podinfo\n", "line 1: the key is no repository"),
        (f"? [{OWN}]\n: acme/podinfo\n", "line 1: the key is no repository"),
        (f"<<: {{acme/podinfo: {OWN}}}\n", "line 1: the key is no repository"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_its_place_and_shows_no_secret(
    path: Path, content: str | bytes, problem: str
) -> None:
    write(path, content)
    with pytest.raises(UserError) as error:
        read_secrets(path)
    assert str(error.value).startswith(f"{path}: ")
    assert problem in str(error.value)
    chain: BaseException | None = error.value
    while chain is not None:
        assert OWN[:10] not in f"{chain} {chain!r}"
        chain = chain.__cause__


def test_all_that_is_wrong_is_told_at_once(path: Path) -> None:
    with pytest.raises(UserError, match=r"(?s)line 1: a/b: .*line 2: the key"):
        read_secrets(write(path, f"a/b: short\nc: {OWN}\n"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to("nowhere")
    for name in ("missing", "gone", "pipe", ".", "x" * 300):
        with pytest.raises(UserError, match="secrets"):
            read_secrets(tmp_path / name)


def test_secrets_are_in_no_text(path: Path) -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": NEW}, write(path, f"acme/podinfo: {OWN}\n"))
    with capture_logs() as logs:
        write(path, f"acme/podinfo: {OLD}\n")
        secrets.of("acme/podinfo")
    assert not [secret for secret in (NEW, OWN, OLD) if secret in f"{secrets!r} {secrets} {logs}"]


def test_a_file_that_whoever_keeps_the_webhooks_makes_later_is_read_when_it_comes(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yaml"
    secrets = webhook_secrets({}, file, may_be_missing=True)
    assert secrets.of("acme/podinfo") == ()
    file.write_text("acme/podinfo: a secret of its own, long enough\n")
    file.chmod(0o600)
    assert secrets.of("acme/podinfo") == (b"a secret of its own, long enough",)
