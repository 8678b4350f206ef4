"""Secrets: made once, never again, private, and never lost with the file."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from phlo.errors.state import SecretsUnreadable
from phlo.model.stack import SecretNeed
from phlo.runtime.lock import project_lock
from phlo.runtime.secrets import FILE, ensure_secrets, read

PASSWORD = SecretNeed("POSTGRES_PASSWORD", "postgres", "password", length=24)
TOKEN = SecretNeed("API_TOKEN", "phlo-api", "token", length=40)


def test_they_are_made_once_and_kept(tmp_path):
    first = ensure_secrets(tmp_path, [PASSWORD])
    assert first.made == ("POSTGRES_PASSWORD",)
    assert len(first.values["POSTGRES_PASSWORD"]) == 24
    assert first.values["POSTGRES_PASSWORD"].isalnum()
    before = (tmp_path / FILE).stat()
    again = ensure_secrets(tmp_path, [PASSWORD])
    assert (again.values, again.made) == (first.values, ())
    after = (tmp_path / FILE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_new_one_leaves_the_others_and_what_a_person_wrote(tmp_path):
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text("# mine\nPOSTGRES_PASSWORD='my own # one'\n\nOTHER=x")
    file.chmod(0o600)
    found = ensure_secrets(tmp_path, [TOKEN, PASSWORD])
    assert found.made == ("API_TOKEN",)
    assert found.values["POSTGRES_PASSWORD"] == "my own # one"
    token = found.values["API_TOKEN"]
    text = "# mine\nPOSTGRES_PASSWORD='my own # one'\n\nOTHER=x\n" + f"API_TOKEN={token}\n"
    assert file.read_text() == text


def test_only_their_owner_can_read_them(tmp_path):
    ensure_secrets(tmp_path, [PASSWORD])
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / FILE).parent.stat().st_mode & 0o777 == 0o700


def test_one_that_is_too_open_is_closed_and_that_is_said(tmp_path):
    first = ensure_secrets(tmp_path, [PASSWORD])
    (tmp_path / FILE).chmod(0o644)
    again = ensure_secrets(tmp_path, [PASSWORD])
    assert again.values == first.values
    assert again.notes == (f"'{FILE}' was open to others (0644) and is closed now (0600)",)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert ensure_secrets(tmp_path, [PASSWORD]).notes == ()


def test_one_that_is_given_is_used_and_not_kept(tmp_path):
    given = SecretNeed("POSTGRES_PASSWORD", "postgres", "password", length=24, given="from-my-env")
    assert ensure_secrets(tmp_path, [given]).values == {"POSTGRES_PASSWORD": "from-my-env"}
    assert not (tmp_path / ".phlo").exists()


def test_where_none_is_needed_nothing_is_made(tmp_path):
    assert ensure_secrets(tmp_path, []).values == {}
    assert read(tmp_path).values == {}
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_never_replaced(tmp_path):
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"A=1\nB=\xff\xfe\n")
    with pytest.raises(SecretsUnreadable, match="it is not UTF-8") as told:
        ensure_secrets(tmp_path, [PASSWORD])
    assert (told.value.code, told.value.where.line) == ("PHLO-X313", 2)
    assert file.read_bytes() == b"A=1\nB=\xff\xfe\n"
    file.unlink()
    file.mkdir()
    with pytest.raises(SecretsUnreadable, match="Is a directory"):
        ensure_secrets(tmp_path, [PASSWORD])


def test_they_are_not_in_what_is_printed_of_them(tmp_path):
    found = ensure_secrets(tmp_path, [PASSWORD])
    assert found.values["POSTGRES_PASSWORD"] not in repr(found)


def test_one_that_another_command_made_meanwhile_is_taken(tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(ensure_secrets(tmp_path, [PASSWORD])))
    with project_lock(tmp_path, "another command"):
        thread.start()  # it has seen that there is none, and waits for the lock
        time.sleep(0.3)
        (tmp_path / FILE).write_text("POSTGRES_PASSWORD=made-by-the-other\n")
        (tmp_path / FILE).chmod(0o600)
    thread.join(10)
    assert found[0].values == {"POSTGRES_PASSWORD": "made-by-the-other"}
    assert found[0].made == ()


MAKES = """
import sys
from pathlib import Path
from phlo.model.stack import SecretNeed
from phlo.runtime.lock import project_lock
from phlo.runtime.secrets import ensure_secrets
needs = [SecretNeed(f"S{i}", "x", "y", length=16) for i in range(5)]
print(sorted(ensure_secrets(Path(sys.argv[1]), needs).values.items()))
"""


def test_commands_at_once_agree(tmp_path):
    commands = [
        subprocess.Popen([sys.executable, "-c", MAKES, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    said = {command.communicate(timeout=60)[0] for command in commands}
    assert len(said) == 1
    assert [command.returncode for command in commands] == [0] * 4
