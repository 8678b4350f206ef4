"""Snapshots as files: what is in them stays as it was, and what cannot be kept is not removed."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import stat
import subprocess
import sys
import tarfile
from functools import partial
from typing import TYPE_CHECKING

import pytest

from phlo.errors.snapshot import SnapshotFailed, SnapshotUnusable
from phlo.runtime.snapshots import local
from phlo.runtime.snapshots.file import DATA, FOLDER, About, of_service, prune, read, take

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with all that a database's has, and more."""
    made = tmp_path / ".phlo" / "native" / "db"
    (made / "data" / "empty").mkdir(parents=True)
    (made / "data").chmod(0o700)
    (made / "data" / "big").write_bytes(os.urandom(300_000))
    (made / "data" / "ünïcode name").write_text("x")
    (made / "data" / "run").write_text("#!/bin/sh\n")
    (made / "data" / "run").chmod(0o755)
    (made / "data" / "group").write_text("y")
    (made / "data" / "group").chmod(0o664)
    (made / "link").symlink_to("/nowhere/at all")
    os.link(made / "data" / "big", made / "data" / "again")
    if os.geteuid() == 0:
        os.chown(made / "data" / "big", 4711, 4712)
    return made


def picture(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return all that a snapshot must keep."""
    found = {}
    for one in sorted(folder.rglob("*")):
        about = one.lstat()
        content = os.readlink(one) if one.is_symlink() else one.is_file() and one.read_bytes()  # noqa: PTH115
        linked = about.st_nlink if one.is_file() else 1
        found[str(one.relative_to(folder))] = (
            stat.filemode(about.st_mode), about.st_uid, about.st_gid, content, linked,
        )  # fmt: skip
    return found


def test_what_was_kept_comes_back_as_it_was(tmp_path: Path, home: Path) -> None:
    before = picture(home)
    made = take(tmp_path, About("db", "native"), partial(local.pack, home))
    file = tmp_path / made.file
    assert (stat.S_IMODE(file.stat().st_mode), made.size) == (0o600, file.stat().st_size)
    assert read(file) == About("db", "native")
    (home / "data" / "big").write_text("changed")
    (home / "new").touch()
    local.unpack(file, home)
    assert picture(home) == before
    assert [one.name for one in home.parent.iterdir()] == ["db"]


def test_it_comes_back_where_nothing_is(tmp_path: Path, home: Path) -> None:
    before = picture(home)
    file = tmp_path / take(tmp_path, About("db", "native"), partial(local.pack, home)).file
    other = tmp_path / "other" / ".phlo" / "native" / "db"
    local.unpack(file, other)
    assert picture(other) == before


def test_the_newest_three_are_kept(tmp_path: Path, home: Path) -> None:
    made = [
        tmp_path / take(tmp_path, About("db", "native"), partial(local.pack, home)).file
        for _ in range(5)
    ]
    other = tmp_path / take(tmp_path, About("db-2", "native"), partial(local.pack, home)).file
    assert of_service(tmp_path, "db") == made
    prune(tmp_path, "db", apart_from=made[0].resolve())
    assert of_service(tmp_path, "db") == [made[0], *made[2:]]
    assert other.exists(), "a service whose name begins alike has its own"


def test_a_full_disk_leaves_no_half_snapshot(tmp_path: Path, home: Path) -> None:
    """A limit on the size of files, which the system itself enforces, stands for a full disk."""
    code = (
        "import resource, sys; from pathlib import Path; from functools import partial\n"
        "from phlo.runtime.snapshots.file import About, take; "
        "from phlo.runtime.snapshots import local\n"
        "from phlo.errors.snapshot import SnapshotFailed\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "try: take(Path(sys.argv[1]), About('db', 'native'), partial(local.pack, "
        "Path(sys.argv[2])))\n"
        "except SnapshotFailed as error: print(error.code, error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(home)],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stdout.startswith("PHLO-X317 no snapshot of 'db' can be taken: "), done.stderr
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_folder_that_cannot_be_written(tmp_path: Path, home: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder goes")
    with pytest.raises(SnapshotFailed) as caught:
        take(tmp_path, About("db", "native"), partial(local.pack, home))
    assert caught.value.fix.command == "phlo services reset db --no-snapshot"


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """Return an archive of members: name, type, content."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content)
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()


SAID = {"schema": 1, "service": "db", "runtime": "native", "volumes": {}}
HEAD = ("phlo-snapshot.json", tarfile.REGTYPE, json.dumps(SAID).encode())
LATER = ("phlo-snapshot.json", tarfile.REGTYPE, b'{"schema": 2}')
BAD = {
    "no archive": b"x",
    "nothing": b"",
    "no tar": gzip.compress(b"x" * 2000),
    "another archive": archive(("x", tarfile.REGTYPE, b"x")),
    "no description": archive(("phlo-snapshot.json", tarfile.REGTYPE, b"[]")),
    "of a later phlo": archive(LATER),
    "out of its folder": archive(HEAD, (f"{DATA}/../../x", tarfile.REGTYPE, b"x")),
    "absolute": archive(HEAD, ("/etc/x", tarfile.REGTYPE, b"x")),
    "a device": archive(HEAD, (f"{DATA}/disk", tarfile.BLKTYPE, b"")),
    "cut": archive(HEAD, (f"{DATA}/x", tarfile.REGTYPE, os.urandom(100_000)))[:50_000],
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_snapshot_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "bad.tar.gz"
    file.write_bytes(BAD[name])
    with pytest.raises(SnapshotUnusable) as caught:
        read(file)
    assert caught.value.exit_code == 7


def test_a_link_out_of_its_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        head = tarfile.TarInfo(HEAD[0])
        head.size = len(HEAD[2])
        tar.addfile(head, io.BytesIO(HEAD[2]))
        link = tarfile.TarInfo(f"{DATA}/way")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(link)
        inside = tarfile.TarInfo(f"{DATA}/way/file")
        inside.size = 1
        tar.addfile(inside, io.BytesIO(b"x"))
    file = tmp_path / "bad.tar.gz"
    file.write_bytes(target.getvalue())
    with pytest.raises(SnapshotUnusable):
        read(file)
    assert list(outside.iterdir()) == []


def test_the_disk_is_never_filled_up(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More room is to be left than this disk has: nothing is written, and nothing is left over."""
    monkeypatch.setattr("phlo.runtime.snapshots.file._RESERVE", 1 << 60)
    with pytest.raises(SnapshotFailed, match=r"the disk has \d+ MiB left"):
        take(tmp_path, About("db", "native"), partial(local.pack, home))
    assert list((tmp_path / FOLDER).iterdir()) == []
