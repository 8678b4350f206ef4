"""A branch from its making to its publish, as somebody does it in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(width, theme) for width in (1440, 390) for theme in ("light", "dark")]
BRANCH = "fix/late-orders"
ORDERS = """
    import phlo

    @phlo.ingestion(table="raw.orders", mode="overwrite")
    def orders():
        return [{"id": n, %s} for n in range(%d)]

    @phlo.asset(table="marts.totals")
    def totals(orders: phlo.Table):
        return orders
"""


def write(project: ProjectFolder, rows: int, more: str = '"city": "Ulm"') -> None:
    project.write("workflows/all.py", ORDERS % (more, rows))


def materialize(project: ProjectFolder, ref: str = "main") -> None:
    done = project.phlo("materialize", "--ref", ref, "--orchestrator", "runner")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def own(
    tmp_path_factory: pytest.TempPathFactory, serve_project: Callable[..., Any]
) -> Iterator[Any]:
    """A lakehouse whose branches are these tests' own."""
    project = ProjectFolder(tmp_path_factory.mktemp("branches") / "lake")
    write(project, 3)
    materialize(project)
    with serve_project(project) as lakehouse:
        yield lakehouse


def rows_of(page: Page, title: str) -> list[str]:
    return (
        page.get_by_role("region", name=title).locator("tbody tr td:first-child").all_inner_texts()
    )


def test_a_branch_is_made_looked_at_and_published(
    own: Any, log_in_to: Callable[..., Any], keep_picture: Callable[[Page, str], None]
) -> None:
    with log_in_to(own) as watched:
        page = watched.open("/branches")
        page.get_by_role("button", name="New branch").click()
        dialog = page.get_by_role("dialog", name="New branch")
        dialog.get_by_role("textbox", name="Name").fill(BRANCH)
        assert f"phlo branch create {BRANCH}" in dialog.inner_text()
        dialog.get_by_role("button", name="Make the branch").click()
        dialog.wait_for(state="detached")
        page.get_by_role("heading", name=BRANCH).wait_for()
        page.get_by_text("Nothing that is not published").wait_for()
        assert page.get_by_role("button", name="Publish to main").count() == 0

        write(own.project, 5, '"city": "Ulm", "is_late": True')
        materialize(own.project, BRANCH)
        page = watched.open(f"/branches?at={BRANCH}")
        panel = page.get_by_role("complementary", name="Details")
        panel.get_by_role("region", name="What it changed").get_by_text("marts.totals").wait_for()
        assert "3 rows on main, 5 here (+2)" in panel.inner_text()
        assert "is_late" in panel.inner_text()
        keep_picture(page, "branch.changed")

        panel.get_by_role("button", name="Publish to main").click()
        panel.get_by_role("button", name="Publish 2 tables to main").click()
        panel.get_by_text("Published: marts.totals, raw.orders").wait_for()
        panel.get_by_text("Nothing that is not published").wait_for()
        assert own.project.rows("select count(*) from marts.totals") == [[5]]
        panel.get_by_role("button", name="Drop").click()
        panel.get_by_role("button", name="Drop the branch").click()
        panel.wait_for(state="detached")
        assert all(BRANCH not in text for text in rows_of(page, "Branches"))
        # What was published stays told, though the branch is gone.
        page.get_by_role("link", name="main", exact=True).click()
        page.get_by_role("complementary", name="Details").get_by_text(BRANCH).wait_for()
        assert watched.errors == []
        assert watched.foreign == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_conflict_names_the_tables_and_publishes_nothing(
    own: Any, log_in_to: Callable[..., Any], keep_picture: Callable[[Page, str], None],
    width: int, theme: str,
) -> None:  # fmt: skip
    name = f"late-{width}-{theme}"
    at = LOOKS.index((width, theme))
    own.ask("/refs", "POST", name=name)
    write(own.project, 10 + at)
    materialize(own.project, name)
    write(own.project, 20 + at)
    materialize(own.project)
    with log_in_to(own, width=width, theme=theme) as watched:
        page = watched.open(f"/branches?at={name}")
        panel = page.get_by_role("complementary", name="Details")
        panel.get_by_role("button", name="Publish to main").click()
        panel.get_by_role("button", name="Publish 2 tables to main").click()
        conflict = panel.get_by_role("list", name="Tables in conflict")
        conflict.wait_for()
        assert conflict.get_by_role("listitem").all_inner_texts() == ["marts.totals", "raw.orders"]
        keep_picture(page, f"branch.conflict.{width}-{theme}")
        assert overflow(page) == 0
        assert violations(page) == []
        # The browser itself notes that an answer was a 409.
        assert [one for one in watched.errors if "409" not in one] == []
    assert own.project.rows("select count(*) from marts.totals") == [[20 + at]]
    own.ask(f"/refs?name={name}&force=true", "DELETE")


def test_the_switch_of_branches_offers_tags(own: Any, log_in_to: Callable[..., Any]) -> None:
    own.ask("/refs", "POST", name="v1", kind="tag")
    with log_in_to(own) as watched:
        page = watched.open("/catalog")
        page.get_by_label("Branch or tag").select_option("v1")
        page.wait_for_url("**/catalog?ref=v1")
        watched.settle()
        page.get_by_role("link", name="raw.orders").first.wait_for()
        assert watched.errors == []
    own.ask("/refs?name=v1", "DELETE")


def overflow(page: Page) -> int:
    wide: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return max(0, wide)


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async rules => (await axe.run(document, {runOnly: rules})).violations", RULES
    )
    return [f"{v['id']}: {n['html'][:120]}" for v in found for n in v["nodes"]]
