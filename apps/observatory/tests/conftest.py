"""A lakehouse with something wrong in it, its API, its pages, and a browser: all of them real."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

TOKEN = "a-token-that-only-these-tests-know"
PATIENCE_MS = 20_000

WORKFLOWS = {
    "workflows/ingest.py": '''
        from datetime import UTC, datetime, timedelta
        from decimal import Decimal

        import phlo
        from phlo.checks import between, not_null

        @phlo.ingestion(table="raw.orders", key="id", owner="shop", tags=["daily"],
                        freshness={"warn": "12h", "error": "24h"})
        def orders():
            """Orders of the shop, as its till has them."""
            began = datetime(2026, 1, 1, tzinfo=UTC)
            for n in range(5_000):
                yield {
                    "id": 9_007_199_254_740_993 + n,
                    "country": ("DE", "FR", None)[n % 3],
                    "amount": Decimal(n) / 100,
                    "at": began + timedelta(minutes=n),
                    "lines": [{"sku": f"A{n}", "many": n % 7}],
                }

        @phlo.quality(table="raw.orders")
        def orders_are_sound(orders: phlo.Table):
            yield not_null("id")
            yield not_null("country", severity="warn")
            yield between("amount", 0, 200)

        @phlo.ingestion(table="raw.customers", key="id", owner="shop", checks=[not_null("name")])
        def customers():
            """Customers; some have no name, so they are held back."""
            yield [{"id": n, "name": None if n % 9 == 0 else f"customer {n}"} for n in range(90)]

        @phlo.ingestion(table="raw.parcels")
        def parcels():
            """Parcels; the carrier's client is not installed."""
            import client_of_no_carrier
            yield client_of_no_carrier.parcels()
    ''',
    "workflows/marts/totals.sql": """
        /* phlo
        description: Turnover by country
        owner: analytics
        tags: [mart]
        checks: [{row_count: {min: 1}}]
        */
        select country, count(*) as orders, sum(amount) as amount from raw.orders group by 1
    """,
    "workflows/marts/shares.sql": """
        /* phlo
        description: Share of each country
        owner: analytics
        */
        select country, amount / (select sum(amount) from marts.totals) as share from marts.totals
    """,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(module: str, port: int, path: str, **environ: str) -> Iterator[str]:
    """Run a program of ours until the block ends, and end it however that is."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port)],
        env=os.environ | environ,
        stdin=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until_it_answers(url + path, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            httpx.get(url, timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            assert process.poll() is None, f"what answers at {url} ended by itself"
            assert time.monotonic() < end, f"nothing answers at {url}"
            time.sleep(0.1)


def api_of(project: ProjectFolder) -> AbstractContextManager[str]:
    environ = {"PHLO_API_TOKEN": TOKEN, "PHLO_PROJECT_DIR": str(project.root)}
    return running("phlo_api", free_port(), "/api/v1/healthz", **environ)


@contextmanager
def observatory(api_url: str) -> Iterator[str]:
    with running("phlo_observatory", free_port(), "/healthz", PHLO_API_URL=api_url) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Lakehouse:
    """Where the pages are, and a way to ask phlo-api as a script does."""

    url: str
    project: ProjectFolder

    def ask(self, path: str, method: str = "GET", **json: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/api/v1{path}",
            headers={"authorization": f"Bearer {TOKEN}"},
            json=json or None,
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def link(self) -> str:
        """Return the address that logs a browser in, once."""
        return self.url + str(self.ask("/auth/links", "POST")["path"])

    def dataset(self, name: str) -> str:
        """Return the id of a dataset."""
        found = self.ask("/datasets?limit=1000")["items"]
        return str(next(one["id"] for one in found if one["name"] == name))


@pytest.fixture(scope="session")
def lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    project = ProjectFolder(tmp_path_factory.mktemp("observatory") / "lake")
    for name, text in WORKFLOWS.items():
        project.write(name, text)
    done = project.phlo("materialize")
    assert "held back" in done.stdout, done.stdout + done.stderr
    assert project.phlo("branch", "tag", "2026-q1").returncode == 0
    with api_of(project) as api_url, observatory(api_url) as url:
        yield Lakehouse(url, project)


@pytest.fixture(scope="session")
def serve_project() -> Callable[[ProjectFolder], AbstractContextManager[Lakehouse]]:
    """Return what serves another project, its API and its pages."""

    @contextmanager
    def serve(project: ProjectFolder) -> Iterator[Lakehouse]:
        with api_of(project) as api_url, observatory(api_url) as url:
            yield Lakehouse(url, project)

    return serve


@pytest.fixture(scope="session")
def log_in_to(browser: Browser) -> Callable[..., AbstractContextManager[Watched]]:
    """Return what opens a page for somebody who is logged in to another project."""

    def begin(lakehouse: Lakehouse, **look: Any) -> AbstractContextManager[Watched]:
        return logged_in(browser, lakehouse, **look)

    return begin


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not on PATH: apt install chromium, or brew install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as program:
        started = program.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                "--no-first-run", "--disable-sync",
                # Whatever is not this machine cannot even be looked up.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )  # fmt: skip
        yield started
        started.close()


class Watched:
    """A page, and what it should never do: print an error, or ask another machine."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} at {message.location.get('url')}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, path: str) -> Page:
        """Open a page, and wait until all of it is there."""
        self.page.goto(self.url + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        self.page.wait_for_selector("main h1, main .trouble, main .empty", timeout=PATIENCE_MS)
        self.page.wait_for_selector("[aria-busy=true]", state="detached")


@contextmanager
def logged_in(
    browser: Browser, lakehouse: Lakehouse, *, width: int = 1440, theme: str = "light"
) -> Iterator[Watched]:
    context = new_context(browser, width, theme)
    watched = Watched(context.new_page(), lakehouse.url)
    watched.page.goto(lakehouse.link())
    watched.page.wait_for_url(lakehouse.url + "/")
    yield watched
    context.close()


def new_context(browser: Browser, width: int = 1440, theme: str = "light") -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 500 else 844},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody is logged in to."""
    made = new_context(browser)
    yield made
    made.close()


@pytest.fixture
def watched(browser: Browser, lakehouse: Lakehouse) -> Iterator[Watched]:
    """A page of somebody who is logged in."""
    with logged_in(browser, lakehouse) as found:
        yield found


@pytest.fixture(scope="session")
def new_page(browser: Browser) -> Callable[[], Page]:
    """Return what opens an empty page of somebody who is not logged in."""
    return lambda: new_context(browser).new_page()


@pytest.fixture
def serve_pages() -> Callable[[str], Any]:
    """Return what serves the pages over an API at an address."""
    return observatory


@pytest.fixture
def second(lakehouse: Lakehouse) -> Iterator[tuple[Lakehouse, ExitStack]]:
    """The same lakehouse with an API of its own, and what ends that API."""
    with ExitStack() as api:
        url = api.enter_context(api_of(lakehouse.project))
        with observatory(url) as pages:
            yield Lakehouse(pages, lakehouse.project), api


@pytest.fixture
def url_of_nothing() -> str:
    """An address at which nothing answers."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def routes(lakehouse: Lakehouse) -> dict[str, str]:
    """Every place there is, and details of some."""
    orders, held = lakehouse.dataset("raw.orders"), lakehouse.dataset("raw.customers")
    run = lakehouse.ask("/runs")["items"][-1]["id"]
    check = next(c["id"] for c in lakehouse.ask("/checks")["items"] if c["status"] == "failed")
    return {
        "home": "/",
        "catalog": "/catalog",
        "dataset": f"/catalog/{orders}",
        "held back": f"/catalog/{held}",
        "lineage": "/lineage",
        "lineage panel": f"/lineage?at={orders}",
        "lineage table": "/lineage?view=tree",
        "sql": "/sql?sql=select%201",
        "quality": "/quality",
        "check": f"/quality?check={check}",
        "runs": "/runs",
        "launch": "/runs?launch=raw.orders",
        "run": f"/runs/{run}",
        "branches": "/branches",
        "tag": "/branches?at=2026-q1",
        "new branch": "/branches?make=branch",
        "services": "/services",
        "plugins": "/plugins",
        "settings": "/settings",
        "nowhere": "/nowhere",
    }


@pytest.fixture(scope="session")
def log_in(browser: Browser, lakehouse: Lakehouse) -> Callable[..., Any]:
    """Return what opens a page for somebody who is logged in, of a width and a theme."""

    def begin(*, width: int = 1440, theme: str = "light") -> Any:
        return logged_in(browser, lakehouse, width=width, theme=theme)

    return begin


@pytest.fixture(scope="session")
def keep_picture() -> Callable[[Page, str], None]:
    """Return what keeps a picture of a page when OBSERVATORY_SCREENSHOTS names a folder."""
    folder = os.environ.get("OBSERVATORY_SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}.png")

    return keep
