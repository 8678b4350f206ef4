"""Logs: the last lines and those that come, over rotations and whatever bytes."""

from __future__ import annotations

import threading
import time

import pytest

from phlo.runtime.logs import LogLine, _Followed, follow, last_lines, tail


@pytest.fixture
def log(tmp_path):
    return tmp_path / "api.log"


def test_the_last_lines(log):
    log.write_text("".join(f"line {n}\n" for n in range(50_000)))
    assert last_lines(log, 3) == ["line 49997", "line 49998", "line 49999"]
    assert last_lines(log, 0) == []
    assert len(last_lines(log, 60_000)) == 50_000


def test_a_log_that_is_not_there_has_no_lines(log):
    assert last_lines(log, 10) == []


def test_the_last_lines_go_back_over_a_rotation(log):
    log.write_text("new\n")
    log.with_name("api.log.1").write_text("older\nold\n")
    log.with_name("api.log.2").write_text("oldest\n")
    assert last_lines(log, 2) == ["old", "new"]
    assert last_lines(log, 10) == ["oldest", "older", "old", "new"]


def test_bytes_that_are_no_text_are_shown_as_such(log):
    log.write_bytes(b"caf\xc3\xa9 \xff\xfe \xe2\x82\r\nbell\x07 \x1b[31mred\x1b[0m\x9b end")
    assert last_lines(log, 2) == ["café �� �", "bell \x1b[31mred\x1b[0m� end"]


def test_secrets_are_not_shown(log):
    log.write_text("password is hunter2-hunter2!\n")
    (line,) = tail({"api": log}, 5, {"P": "hunter2-hunter2"})
    assert line == LogLine("api", "password is ***!")


class Following:
    """A follower in a thread, and the lines it has seen."""

    def __init__(self, logs, **options):
        self.lines, self.is_over = [], False
        self.began = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(logs, options))
        self.thread.start()
        assert self.began.wait(10)

    def run(self, logs, options):
        def is_over():
            self.began.set()
            return self.is_over

        for line in follow(logs, is_over=is_over, pause=0.01, **options):
            self.lines.append((line.service, line.text))

    def end(self):
        self.is_over = True
        self.thread.join(10)
        return self.lines


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def test_following_gives_whole_lines_from_now_on(log):
    log.write_text("before\nhalf a ")
    following = Following({"api": log})
    append(log, b"line\nsecond\nun")
    append(log, b"finished\n")
    assert following.end() == [("api", "line"), ("api", "second"), ("api", "unfinished")]


def test_following_goes_on_over_rotations(log):
    log.write_text("before\n")
    following = Following({"api": log})
    for turn in range(5):
        append(log, f"last of {turn}\n".encode())
        log.rename(log.with_name(f"api.log.{turn}"))
        append(log, f"first after {turn}\n".encode())
        until_seen(following, ("api", f"first after {turn}"))
    wanted = [t for n in range(5) for t in (f"last of {n}", f"first after {n}")]
    assert [text for _, text in following.end()] == wanted


def test_what_comes_just_before_a_rotation_is_not_lost(log, monkeypatch):
    log.write_text("")
    followed = _Followed("api", log)
    followed.begin()
    is_rotated = _Followed._is_rotated

    def rotates(self):
        append(log, b"the last\n")  # after the read, before the look
        log.rename(log.with_name("api.log.1"))
        append(log, b"the first\n")
        return is_rotated(self)

    monkeypatch.setattr(_Followed, "_is_rotated", rotates)
    assert followed.lines() == ["the last", "the first"]
    followed.close()


def test_following_a_log_that_was_emptied(log):
    log.write_text("a long line that was there before\n")
    following = Following({"api": log})
    log.write_text("anew\n")
    until_seen(following, ("api", "anew"))
    assert following.end() == [("api", "anew")]


def test_several_are_merged_and_one_may_come_later(tmp_path):
    one, other = tmp_path / "one.log", tmp_path / "other.log"
    one.touch()
    following = Following({"one": one, "other": other}, secrets={"S": "secret-secret"})
    append(one, b"from one\n")
    until_seen(following, ("one", "from one"))
    append(other, b"from \xff secret-secret\n")
    assert following.end() == [("one", "from one"), ("other", "from � ***")]


def until_seen(following, line):
    end = time.monotonic() + 10
    while line not in following.lines:
        assert time.monotonic() < end, f"{line} never came: {following.lines}"
        time.sleep(0.01)
