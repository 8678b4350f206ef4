"""Each page opens whole: no error, no foreign request, nothing that axe finds, in any look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser

NAMES = [
    "home", "catalog", "dataset", "held back", "lineage", "lineage panel", "lineage table", "sql",
    "quality", "check", "runs", "launch", "run", "branches", "tag", "new branch",
    "services", "plugins", "settings",
    "nowhere",
]  # fmt: skip
AXE = Path(__file__).parents[1] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


LOOKS = [(width, theme) for width in (1440, 390) for theme in ("light", "dark")]


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(request: pytest.FixtureRequest, log_in: Callable[..., Any]) -> Iterator[tuple[Any, str]]:
    """A page of one width and theme."""
    width, theme = request.param
    with log_in(width=width, theme=theme) as watched:
        yield watched, f"{width}-{theme}"


def test_every_route_is_in_the_list(routes: dict[str, str]) -> None:
    assert sorted(routes) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole(
    look: tuple[Any, str], routes: dict[str, str], name: str, keep_picture: Callable[..., None]
) -> None:
    watched, called = look
    watched.errors.clear()
    page = watched.open(routes[name])
    keep_picture(page, f"{name}.{called}")
    assert page.title().endswith("Observatory")
    assert watched.errors == []
    assert watched.foreign == []
    assert overflow(watched) == 0
    assert violations(watched) == []


def test_what_opens_over_a_page_is_sound(look: tuple[Any, str], keep_picture: Any) -> None:
    watched, called = look
    page = watched.open("/sql?sql=select%20*%20from%20raw.orders")
    page.get_by_role("button", name="Run", exact=True).click()
    grid = page.get_by_role("grid", name="Rows of the query")
    grid.locator(".cell:not(.waits)").first.wait_for()
    grid.focus()
    assert violations(watched) == []
    page.keyboard.press("End")
    page.keyboard.press("Space")
    page.get_by_role("dialog", name="Value of lines").wait_for()
    assert violations(watched) == []
    page.keyboard.press("Escape")
    watched.open("/")
    page.keyboard.press("Control+k")
    page.locator(".palette [role=option]").first.wait_for()
    keep_picture(page, f"palette.{called}")
    assert violations(watched) == []
    page.keyboard.press("Escape")
    # Before it is gone, what is typed is typed into it.
    page.locator(".palette").wait_for(state="hidden")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    assert violations(watched) == []


def overflow(watched: Any) -> int:
    """Return by how many pixels the page is wider than the window."""
    wide: int = watched.page.evaluate(
        "() => Math.max(document.documentElement.scrollWidth - innerWidth,"
        " (main => main.scrollWidth - main.clientWidth)(document.querySelector('main')))"
    )
    return max(0, wide)


def violations(watched: Any) -> list[str]:
    """Return what axe finds, each with where."""
    watched.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = watched.page.evaluate(
        "async rules => (await axe.run(document, {runOnly: rules})).violations", RULES
    )
    return [
        f"{v['id']}: {n['html'][:120]} ({n['failureSummary']})" for v in found for n in v["nodes"]
    ]
