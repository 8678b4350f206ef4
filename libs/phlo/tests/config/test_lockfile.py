"""phlo.lock: made, kept, compared, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.config.lockfile import (
    Lock,
    Locked,
    differences,
    lock_of,
    read,
    update,
    with_images,
)
from phlo.errors.lock import LockBroken, LockDrift, LockTooNew
from phlo.testing.composing import definition

if TYPE_CHECKING:
    from pathlib import Path

ONE = Lock("0.1.0", {"phlo-a": Locked("1.0", "sha256:1"), "phlo-b": Locked("2.0", "sha256:2")})


def test_a_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert update(tmp_path, ONE, is_frozen=False) == ()
    assert read(tmp_path) == ONE
    before = (tmp_path / "phlo.lock").stat().st_mtime_ns
    assert update(tmp_path, ONE, is_frozen=True) == ()
    assert (tmp_path / "phlo.lock").stat().st_mtime_ns == before, "no change writes nothing"


def test_the_same_lock_is_the_same_text() -> None:
    turned = Lock("0.1.0", dict(reversed(ONE.packages.items())))
    assert turned.text() == ONE.text()


def test_what_changed_is_told_and_written(tmp_path: Path) -> None:
    update(tmp_path, ONE, is_frozen=False)
    now = Lock("0.2.0", {"phlo-a": Locked("1.1", "sha256:9"), "phlo-c": Locked("3", "sha256:3")})
    assert update(tmp_path, now, is_frozen=False) == (
        "phlo: 0.1.0 -> 0.2.0", "phlo-a: 1.0 -> 1.1", "phlo-b 2.0: gone", "phlo-c 3: added",
    )  # fmt: skip
    assert read(tmp_path) == now


def test_another_service_yaml_of_one_version_is_a_difference() -> None:
    now = Lock("0.1.0", {**ONE.packages, "phlo-a": Locked("1.0", "sha256:other")})
    assert differences(ONE, now) == ["phlo-a 1.0: its service.yaml says something else"]


def test_frozen_takes_nothing_else_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(LockDrift):
        update(tmp_path, ONE, is_frozen=True)
    assert not (tmp_path / "phlo.lock").exists()
    update(tmp_path, ONE, is_frozen=False)
    text = (tmp_path / "phlo.lock").read_text()
    with pytest.raises(LockDrift) as caught:
        update(tmp_path, Lock("0.2.0", ONE.packages), is_frozen=True)
    assert caught.value.exit_code == 8
    assert caught.value.related[0].message == "phlo: 0.1.0 -> 0.2.0"
    assert (tmp_path / "phlo.lock").read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< ours",
        "schema = 1",
        "phlo = 3\n[packages]\na = 1",
        "\x00",
        "packages = 'x'\nphlo='1'",
    ],
)
def test_what_is_no_lock_is_an_error_with_a_fix(tmp_path: Path, text: str) -> None:
    (tmp_path / "phlo.lock").write_text(text)
    with pytest.raises(LockBroken) as caught:
        read(tmp_path)
    assert caught.value.fix.command == "rm phlo.lock"


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "phlo.lock").write_bytes(b"\xff\xfe")
    with pytest.raises(LockBroken):
        read(tmp_path)


def test_a_later_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phlo.lock").write_text("schema = 99\nphlo = '9'\n")
    with pytest.raises(LockTooNew):
        read(tmp_path)


def test_a_lock_holds_every_installed_package(tmp_path: Path) -> None:
    one = definition("name: x\nkind: service\nimage: x:1\nready: started\n")
    made = lock_of([one], "0.1.0")
    assert made.packages["phlo-x"].version == "1.0.0"
    assert made.packages["phlo-x"].service_yaml.startswith("sha256:")


DIGEST, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def test_images_come_back_and_their_changes_are_told(tmp_path: Path) -> None:
    before = Lock("0.1.0", {}, {"a:1": {"linux/amd64": DIGEST}, "b:1": {"linux/amd64": DIGEST}})
    update(tmp_path, before, is_frozen=False)
    assert read(tmp_path) == before
    now = Lock("0.1.0", {}, {"a:1": {"linux/amd64": OTHER, "linux/arm64": DIGEST}})
    assert update(tmp_path, now, is_frozen=False) == (
        f"image a:1 for linux/amd64: {DIGEST} -> {OTHER}",
        f"image a:1: {DIGEST} for linux/arm64",
        "image b:1: gone",
    )
    assert read(tmp_path) == now


def test_frozen_takes_no_image_that_is_not_locked(tmp_path: Path) -> None:
    update(tmp_path, ONE, is_frozen=False)
    with pytest.raises(LockDrift) as caught:
        update(tmp_path, ONE, is_frozen=True, unlocked=["a:1 for linux/amd64"])
    assert caught.value.related[0].message == "image a:1 for linux/amd64: not locked"
    assert caught.value.fix.command == "phlo services start", "which fetches it, as init does not"


@pytest.mark.parametrize(
    ("before", "found", "named", "after"),
    [
        # Another machine's platform stays.
        ({"a:1": {"x": "1"}}, {"a:1": {"y": "2"}}, ["a:1"], {"a:1": {"x": "1", "y": "2"}}),
        # What runs as a local process here runs in a container elsewhere.
        ({"a:1": {"x": "1"}}, {}, [], {"a:1": {"x": "1"}}),
        # A new tag takes the place of the old one, unless that is still named.
        ({"a:1": {"x": "1"}}, {"a:2": {"x": "2"}}, ["a:2"], {"a:2": {"x": "2"}}),
        (
            {"a:1": {"x": "1"}}, {"a:2": {"x": "2"}}, ["a:1", "a:2"],
            {"a:1": {"x": "1"}, "a:2": {"x": "2"}},
        ),
        # Other repositories are not touched.
        ({"b/a:1": {"x": "1"}}, {"a:2": {"x": "2"}}, [], {"b/a:1": {"x": "1"}, "a:2": {"x": "2"}}),
    ],
)  # fmt: skip
def test_what_is_kept_of_images(before, found, named, after) -> None:
    assert with_images(before, found, named) == after


def test_digests_that_are_none_make_no_lock(tmp_path: Path) -> None:
    (tmp_path / "phlo.lock").write_text("schema = 1\nphlo = '1'\nimages = {'a:1' = 'x'}\n")
    with pytest.raises(LockBroken):
        read(tmp_path)
