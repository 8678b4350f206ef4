"""The logs of a service: of all its processes, as they come, and without secrets."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import pytest

from phlo_api.errors import NotThere
from phlo_api.logs import ServiceLog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".phlo" / "logs").mkdir(parents=True)
    return tmp_path


def write(root: Path, name: str, text: str, at: int = 0) -> None:
    file = root / ".phlo" / "logs" / name
    with file.open("a", encoding="utf-8") as log:
        log.write(text)
    if at:
        os.utime(file, (at, at))


def test_one_process_is_shown_as_it_wrote(root: Path) -> None:
    write(root, "web.log", "one\nWARNING two\nthree\n")
    write(root, "web-2.log", "another service\n")
    lines, is_more = ServiceLog(root, "web").tail(2)
    assert [(one.number, one.text, one.level) for one in lines] == [
        (2, "WARNING two", "warn"), (3, "three", None),
    ]  # fmt: skip
    assert is_more


def test_several_processes_are_told_apart(root: Path) -> None:
    write(root, "dagster.web.log", "served\n", at=2_000)
    write(root, "dagster.code.log", "loading\nloaded\n", at=1_000)
    log = ServiceLog(root, "dagster")
    assert log.exists()
    lines, is_more = log.tail(10)
    assert [(one.number, one.text) for one in lines] == [
        (1, "code | loading"), (2, "code | loaded"), (3, "web | served"),
    ]  # fmt: skip
    assert not is_more
    lines, is_more = log.tail(1)
    assert ([one.text for one in lines], is_more) == (["web | served"], True)


def test_lines_of_all_processes_come_as_they_are_written(root: Path) -> None:
    write(root, "dagster.web.log", "before\n")
    write(root, "dagster.code.log", "before\n")

    async def follow() -> list[str]:
        seen: list[str] = []
        stream = ServiceLog(root, "dagster").follow(max_seconds=20)
        await anext(stream)
        write(root, "dagster.web.log", "half")
        write(root, "dagster.code.log", "whole\n")
        async for event in stream:
            seen += [line["text"] for line in json.loads(event.rpartition("data: ")[2])]
            if len(seen) == 1:
                write(root, "dagster.web.log", " and half\n")
            else:
                break
        return seen

    assert asyncio.run(follow()) == ["code | whole", "web | half and half"]


def test_what_was_never_written_is_empty(root: Path) -> None:
    log = ServiceLog(root, "web")
    assert (log.exists(), log.tail(5)) == (False, ([], False))
    with pytest.raises(NotThere):
        ServiceLog(root, "../../etc")
