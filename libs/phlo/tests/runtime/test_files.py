"""Generated files: all or none, only what changed, and never over an edit."""

from __future__ import annotations

import os
import subprocess

import pytest

from phlo.errors import ErrorGroup
from phlo.errors.state import EditedFile, FolderUnwritable
from phlo.model.stack import RenderedFile
from phlo.runtime import atomic
from phlo.runtime.files import write_files

COMPOSE, CONFIG = ".phlo/compose.yaml", ".phlo/config/trino/lake.properties"


def files(**texts):
    names = {"compose": COMPOSE, "config": CONFIG}
    return {names[name]: RenderedFile(text) for name, text in texts.items()}


def stamps(root):
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_no_change_writes_nothing(tmp_path):
    assert write_files(tmp_path, files(compose="a", config="b")).changed == (COMPOSE, CONFIG)
    before = stamps(tmp_path)
    again = write_files(tmp_path, files(compose="a", config="b"))
    assert (again.changed, again.unchanged) == ((), (COMPOSE, CONFIG))
    assert stamps(tmp_path) == before


def test_only_what_changed_is_written(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    before = stamps(tmp_path)
    assert write_files(tmp_path, files(compose="a", config="c")).changed == (CONFIG,)
    assert stamps(tmp_path)[COMPOSE] == before[COMPOSE]
    assert (tmp_path / CONFIG).read_text() == "c"


def test_nothing_to_write_makes_no_folder(tmp_path):
    write_files(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_as_rendered_and_a_person_may_close_further(tmp_path):
    env = {".phlo/.env": RenderedFile("P=1", mode=0o600)}
    old = os.umask(0o077)
    try:
        write_files(tmp_path, env | files(compose="a"))
    finally:
        os.umask(old)
    mode = lambda name: (tmp_path / name).stat().st_mode & 0o777  # noqa: E731
    assert (mode(".phlo/.env"), mode(COMPOSE)) == (0o600, 0o644)
    (tmp_path / COMPOSE).chmod(0o600)
    assert write_files(tmp_path, env | files(compose="a")).changed == ()
    assert mode(COMPOSE) == 0o600
    (tmp_path / ".phlo/.env").chmod(0o644)
    assert write_files(tmp_path, env | files(compose="a")).changed == (".phlo/.env",)
    assert mode(".phlo/.env") == 0o600


def test_what_is_no_longer_rendered_goes_with_its_folder(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    assert write_files(tmp_path, files(compose="a")).removed == (CONFIG,)
    assert not (tmp_path / ".phlo/config").exists()
    assert (tmp_path / COMPOSE).exists()


def test_what_somebody_else_put_there_stays(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    mine = (tmp_path / CONFIG).with_name("mine.properties")
    mine.write_text("mine")
    write_files(tmp_path, {})
    assert mine.read_text() == "mine"
    assert not (tmp_path / CONFIG).exists()


def test_an_edit_is_never_overwritten_and_the_fix_removes_the_error(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    (tmp_path / CONFIG).write_text("edited")
    with pytest.raises(EditedFile, match="was changed since phlo wrote it") as told:
        write_files(tmp_path, files(compose="new", config="c"))
    assert (told.value.code, told.value.exit_code) == ("PHLO-X305", 7)
    assert (tmp_path / CONFIG).read_text() == "edited"
    assert (tmp_path / COMPOSE).read_text() == "a"  # all or none
    subprocess.run(["sh", "-c", told.value.fix.command], check=True, cwd=tmp_path)
    write_files(tmp_path, files(compose="new", config="c"))
    assert (tmp_path / CONFIG).read_text() == "c"
    assert (tmp_path / f"{CONFIG}.mine").read_text() == "edited"


def test_an_edit_that_says_the_same_is_none(tmp_path):
    write_files(tmp_path, files(config="b"))
    (tmp_path / CONFIG).write_text("c")
    assert write_files(tmp_path, files(config="c")).unchanged == (CONFIG,)
    write_files(tmp_path, files(config="d"))
    assert (tmp_path / CONFIG).read_text() == "d"


def test_a_file_that_phlo_never_wrote_is_not_overwritten(tmp_path):
    (tmp_path / ".phlo").mkdir()
    (tmp_path / COMPOSE).write_text("mine")
    with pytest.raises(EditedFile, match="phlo did not write it"):
        write_files(tmp_path, files(compose="a"))
    assert (tmp_path / COMPOSE).read_text() == "mine"


def test_all_edits_are_told_together(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    for name in (COMPOSE, CONFIG):
        (tmp_path / name).write_text("edited")
    with pytest.raises(ErrorGroup) as told:
        write_files(tmp_path, files(compose="x", config="y"))
    assert [error.code for error in told.value.errors] == ["PHLO-X305"] * 2


def test_an_edited_file_that_is_no_longer_rendered_stays(tmp_path):
    write_files(tmp_path, files(compose="a", config="b"))
    (tmp_path / CONFIG).write_text("edited")
    done = write_files(tmp_path, files(compose="a"))
    assert (done.kept, done.removed) == ((CONFIG,), ())
    assert (tmp_path / CONFIG).read_text() == "edited"


def test_a_deleted_file_is_written_again(tmp_path):
    write_files(tmp_path, files(compose="a"))
    (tmp_path / COMPOSE).unlink()
    assert write_files(tmp_path, files(compose="a")).changed == (COMPOSE,)


def fails_at(monkeypatch, module, name, at):
    """Let the nth call of a function fail as a full disk does."""
    calls, real = [], getattr(module, name)

    def call(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError(28, "No space left on device", str(arguments[0]))
        return real(*arguments)

    monkeypatch.setattr(module, name, call)


def test_on_a_full_disk_nothing_changes(tmp_path, monkeypatch):
    write_files(tmp_path, files(compose="a", config="b"))
    before = stamps(tmp_path)
    with monkeypatch.context() as patch:
        fails_at(patch, atomic.os, "fsync", 2)  # of the second of two new files
        with pytest.raises(FolderUnwritable, match="No space left on device"):
            write_files(tmp_path, files(compose="x", config="y"))
    assert stamps(tmp_path) == before
    write_files(tmp_path, files(compose="x", config="y"))
    assert (tmp_path / CONFIG).read_text() == "y"


def test_a_kill_in_the_middle_leaves_no_false_edit(tmp_path, monkeypatch):
    write_files(tmp_path, files(compose="a", config="b"))

    class KilledError(BaseException):
        pass

    def killed(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("phlo.runtime.files._remove", killed)  # files are there, the record is not
        with pytest.raises(KilledError):
            write_files(tmp_path, files(compose="x", config="y"))
    # By now something else is rendered: what lies there is phlo's own all the same.
    write_files(tmp_path, files(compose="p", config="q"))
    assert (tmp_path / COMPOSE).read_text() == "p"


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / COMPOSE).mkdir(parents=True)
    with pytest.raises(FolderUnwritable) as told:
        write_files(tmp_path, files(compose="a"))
    assert COMPOSE in told.value.message
