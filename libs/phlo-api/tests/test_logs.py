"""The logs of a service: of all its processes, as they come, and without secrets."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING

import pytest

from phlo.runtime.native import definitions
from phlo.runtime.native.place import Place
from phlo_api.logs import ServiceLog

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two services that were started, one of them as two processes."""
    place = Place(tmp_path)
    place.definitions.mkdir(parents=True)
    (tmp_path / ".phlo" / "logs").mkdir(parents=True)
    for parent, service, process in (
        ("web", "web", "web"),
        ("dagster", "dagster", "dagster.code"),
        ("dagster", "dagster", "dagster.web"),
        ("trino", "trino", "trino"),
        ("trino", "trino-worker-1", "trino-worker-1"),
    ):
        told = {"name": process, "service": service, "parent": parent, "home": service,
                "user": None}  # fmt: skip
        definitions.write(place, told)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    with (root / ".phlo" / "logs" / name).open("a", encoding="utf-8") as log:
        log.write(text)


def test_one_process_is_shown_as_it_wrote(root: Path) -> None:
    write(root, "web.log", "one\nWARNING two\n\x1b[31mthree\x1b[0m\n")
    write(root, "web-2.log", "another service\n")
    lines, is_more = ServiceLog(root, "web").tail(2)
    assert [(one.number, one.text, one.level) for one in lines] == [
        (1, "WARNING two", "warn"), (2, "three", None),
    ]  # fmt: skip
    assert is_more


def test_several_processes_are_told_apart(root: Path) -> None:
    write(root, "dagster.web.log", "served\n")
    write(root, "dagster.code.log", "loading\nloaded\n")
    lines, is_more = ServiceLog(root, "dagster").tail(10)
    assert [(one.number, one.text) for one in lines] == [
        (1, "code | loading"), (2, "code | loaded"), (3, "web | served"),
    ]  # fmt: skip
    assert not is_more
    # One that writes much does not hide the others.
    lines, is_more = ServiceLog(root, "dagster").tail(1)
    assert [one.text for one in lines] == ["code | loaded", "web | served"]
    assert is_more


def test_what_belongs_to_a_service_is_named_without_its_name(root: Path) -> None:
    write(root, "trino.log", "coordinates\n")
    write(root, "trino-worker-1.log", "works\n")
    lines, _ = ServiceLog(root, "trino").tail(10)
    assert [one.text for one in lines] == ["worker-1 | works", "coordinates"]


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
        await stream.aclose()
        return seen

    before = threading.active_count()
    assert asyncio.run(follow()) == ["code | whole", "web | half and half"]
    for thread in threading.enumerate():
        if "_read" in thread.name:
            thread.join(10)
    assert threading.active_count() <= before


def test_what_was_never_written_is_empty(root: Path) -> None:
    assert ServiceLog(root, "web").tail(5) == ([], False)
    assert ServiceLog(root, "../../etc").tail(5) == ([], False)


def test_a_service_that_there_is_not_has_no_log(api: httpx.Client) -> None:
    assert api.get("/services/nothing/logs").status_code == 404
    assert api.get("/services/nothing/logs/tail?max_seconds=1").status_code == 404
