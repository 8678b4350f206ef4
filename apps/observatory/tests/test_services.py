"""The services as `phlo services start` runs them: seen, restarted, and heard, by the page."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.embedded]


def expect(what: Any) -> Any:
    from playwright.sync_api import expect as playwright_expect

    return playwright_expect(what)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ProjectFolder, str]]:
    """A project whose services run, and the link that was printed."""
    project = ProjectFolder(tmp_path_factory.mktemp("services") / "lake")
    try:
        done = project.phlo("services", "start")
        assert done.returncode == 0, done.stderr
        [link] = re.findall(r"http://\S+/login\?token=\S+", done.stdout + done.stderr)
        yield project, link
    finally:
        stopped = project.phlo("services", "stop")
    assert stopped.returncode == 0, stopped.stderr


@pytest.fixture(scope="module")
def page(started: tuple[ProjectFolder, str], new_page: Callable[[], Page]) -> Iterator[Page]:
    """A browser that opened the link."""
    found = new_page()
    found.goto(started[1])
    found.wait_for_url(re.compile(r"/$"))
    yield found
    found.context.close()


def address(started: tuple[ProjectFolder, str], path: str) -> str:
    return started[1].split("/login")[0] + path


def pid_of(project: ProjectFolder, name: str) -> int:
    services = project.json("services", "status")["services"]
    return next(int(one["pid"]) for one in services if one["name"] == name)


def test_services_are_listed_as_they_are(started: Any, page: Page) -> None:
    page.goto(address(started, "/services"))
    for name in ("phlo-api", "observatory"):
        row = page.get_by_role("row", name=re.compile(name))
        expect(row).to_contain_text("Healthy")
        expect(row).to_contain_text(f"pid {pid_of(started[0], name)}")
    expect(page.get_by_role("row", name=re.compile("duckdb"))).to_contain_text("Embedded")


def test_a_restart_asks_twice_and_gives_a_new_process(started: Any, page: Page) -> None:
    before = pid_of(started[0], "phlo-api")
    page.goto(address(started, "/services/phlo-api"))
    page.get_by_role("button", name="Restart phlo-api").click()
    expect(page.get_by_role("main")).to_contain_text(f"pid {before}")
    page.get_by_role("button", name="Restart phlo-api").click()
    expect(page.get_by_text(f"pid {before}")).to_have_count(0, timeout=60_000)
    expect(page.locator(".facts .status")).to_contain_text("Healthy", timeout=60_000)
    assert pid_of(started[0], "phlo-api") != before
    # Whoever was logged in still is.
    page.goto(address(started, "/catalog"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalog")


def test_a_log_is_heard_as_it_is_written(started: Any, page: Page) -> None:
    project, _ = started
    page.goto(address(started, "/services/observatory"))
    log = page.get_by_role("log", name="Log of observatory")
    expect(log).to_contain_text("Uvicorn running")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    with (project.root / ".phlo" / "logs" / "observatory.log").open("a") as file:
        file.write("ERROR: a line of this test\n")
    expect(log).to_contain_text("a line of this test")
    page.get_by_role("group", name="Level").get_by_role("button", name="Errors").click()
    expect(log.locator(".log-line")).to_have_count(1)


def test_a_crashed_service_needs_attention_and_comes_back(started: Any, page: Page) -> None:
    """What is killed is started again; the page that was open stays, and says so."""
    project, _ = started
    page.goto(address(started, "/services"))
    expect(page.get_by_role("row", name=re.compile("phlo-api"))).to_contain_text("Healthy")
    before = pid_of(project, "phlo-api")
    os.kill(before, signal.SIGKILL)
    row = page.get_by_role("row", name=re.compile("phlo-api"))
    expect(row).not_to_contain_text(f"pid {before}", timeout=60_000)
    expect(row).to_contain_text("Healthy", timeout=60_000)
