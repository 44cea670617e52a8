"""The file of webhook secrets as it is written: nothing else in it changes, and nobody else may read it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.sync.hooks.secret_file import SecretFile
from generator.sync.web.webhook_secrets import WebhookSecrets, read_secrets

HAND = """\
# Secrets of acme. Ask the platform team.
acme/web: 'written by hand, 0123456789'  # since 2019

Acme/Podinfo:
  - "the newer one of podinfo"  # from March
  - the older one of podinfo
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "webhooks.yaml"


@pytest.fixture
def fresh() -> Iterator[str]:
    return (f"fresh-secret-number-{number}" for number in count(1))


@pytest.fixture
def file(path: Path, fresh: Iterator[str]) -> SecretFile:
    return SecretFile(path, lambda: next(fresh))


def written(path: Path, text: str = HAND) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def test_a_secret_is_made_once_of_256_random_bits(path: Path) -> None:
    file = SecretFile(path)
    (secret,) = file.ensure("acme/podinfo")
    assert len(bytes.fromhex(secret)) == 32
    assert file.ensure("ACME/podinfo") == (secret,)
    assert file.ensure("acme/other") != (secret,)


def test_nobody_else_may_read_it(path: Path, file: SecretFile) -> None:
    before = os.umask(0)
    try:
        file.ensure("acme/podinfo")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_what_a_person_wrote_stays(path: Path, file: SecretFile) -> None:
    written(path)
    file.ensure("acme/more")
    assert path.read_text() == HAND + "acme/more:\n  - 'fresh-secret-number-1'\n"


def test_the_new_secret_comes_first_and_the_oldest_goes(path: Path, file: SecretFile) -> None:
    written(path)
    assert file.renew("acme/podinfo") == ("fresh-secret-number-1", "the newer one of podinfo")
    assert path.read_text() == HAND.replace("  - the older one of podinfo\n", "").replace(
        '  - "the newer', '  - fresh-secret-number-1\n  - "the newer'
    )


def test_a_secret_that_stood_alone_becomes_the_second_of_two(path: Path, file: SecretFile) -> None:
    written(path)
    assert file.renew("acme/web") == ("fresh-secret-number-1", "written by hand, 0123456789")
    assert path.read_text().startswith("# Secrets of acme. Ask the platform team.\n")
    assert HAND.partition("\n\n")[2] in path.read_text()
    assert file.of("acme/podinfo") == ("the newer one of podinfo", "the older one of podinfo")


@pytest.mark.parametrize("text", ["acme/a: [one secret of acme, 'and another one of it']  # b\n", HAND])
def test_the_old_secret_is_dropped_and_nothing_else(path: Path, file: SecretFile, text: str) -> None:
    written(path, text)
    name = "acme/a" if "acme/a:" in text else "acme/podinfo"
    first = file.of(name)[0]
    assert file.drop_old(name) == file.drop_old(name) == (first,)
    assert len(path.read_text().splitlines()) >= len(text.splitlines()) - 1


def test_the_last_one_that_is_forgotten_takes_the_file_along(path: Path, file: SecretFile) -> None:
    file.ensure("acme/a")
    file.ensure("acme/b")
    file.forget("acme/a")
    assert set(read_secrets(path)) == {"acme/b"}
    file.forget("acme/b")
    file.forget("acme/b")
    assert not path.exists()
    assert file.of("acme/b") == ()


def test_an_empty_file_is_begun(path: Path, file: SecretFile) -> None:
    written(path, "")
    assert file.ensure("acme/podinfo") == file.of("acme/podinfo") != ()


def test_whoever_serves_sees_a_new_secret_at_once(path: Path, file: SecretFile) -> None:
    file.ensure("acme/podinfo")
    secrets = WebhookSecrets(file=path)
    new, old = file.renew("acme/podinfo")
    assert secrets.of("acme/podinfo") == (new.encode(), old.encode())
    assert secrets.problem() == ""


def test_many_at_once_lose_nothing(path: Path) -> None:
    names = [f"acme/app-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda name: SecretFile(path).ensure(name), names * 2))
    assert set(read_secrets(path)) == set(names)
    assert made[:40] == made[40:]


def test_a_link_stays_one(path: Path, file: SecretFile, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "real.yaml"
    written(target)
    path.parent.mkdir()
    path.symlink_to(target)
    file.ensure("acme/more")
    assert path.is_symlink()
    assert "acme/more" in target.read_text()


def test_a_secret_that_kubernetes_mounts_is_left_alone(path: Path, file: SecretFile) -> None:
    assert file.can_be_written
    written(path)
    (path.parent / "..data").symlink_to(path.parent)
    assert not file.can_be_written


def test_a_file_that_is_wrong_is_not_written_over(path: Path, file: SecretFile) -> None:
    written(path, "acme/podinfo: short\n")
    with pytest.raises(UserError, match="has 5 characters"):
        file.ensure("acme/other")
    assert path.read_text() == "acme/podinfo: short\n"


def test_where_it_cannot_be_written_it_is_said(path: Path, file: SecretFile, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file, no folder")
    with pytest.raises(UserError, match="the webhook secrets cannot be written"):
        file.ensure("acme/podinfo")


def test_what_is_read_and_made_is_told_before_it_is_used(path: Path, fresh: Iterator[str]) -> None:
    known: list[str] = []
    file = SecretFile(path, lambda: next(fresh), known.append)
    (made,) = file.ensure("acme/podinfo")
    assert known == [made]
    file.renew("acme/podinfo")
    assert set(known) == set(file.of("acme/podinfo"))
    path.write_text("acme/podinfo: written by somebody else\n")
    assert file.of("acme/podinfo") == ("written by somebody else",)
    assert known[-1] == "written by somebody else"


def test_a_file_that_did_not_change_is_not_read_again(path: Path, file: SecretFile) -> None:
    file.ensure("acme/podinfo")
    stamp = path.stat()
    secret = file.of("acme/podinfo")
    with path.open("r+b") as open_file:
        open_file.write(b"#" * stamp.st_size)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert file.of("acme/podinfo") == secret
    os.utime(path)
    with pytest.raises(UserError):
        file.of("acme/podinfo")
