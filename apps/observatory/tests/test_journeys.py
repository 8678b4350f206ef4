"""What people do here, from beginning to end, in a real browser on a real lakehouse."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

SLOW = "select count(*) from range(1000000) a, range(1000000) b where a.range != b.range + 7"


def expect(what: Any) -> Any:
    from playwright.sync_api import expect as playwright_expect

    return playwright_expect(what)


def run_sql(page: Page, sql: str) -> None:
    editor = page.get_by_role("textbox", name="SQL")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(sql)
    page.keyboard.press("Control+Enter")


# Logging in


def test_a_link_works_once(lakehouse: Any, context: BrowserContext, browser: Any) -> None:
    link = lakehouse.link()
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(lakehouse.url + "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("lake")
    # The token is not left in the address, nor where a script could read it.
    assert "token" not in page.evaluate("location.href + document.cookie")
    other = browser.new_context()
    again = other.new_page()
    again.goto(link)
    expect(again.get_by_role("heading", level=1)).to_have_text("This link does not work")
    expect(again.get_by_role("alert")).to_contain_text("PHLO-N604")
    other.close()


def test_without_a_login_a_page_says_how_to_get_in(lakehouse: Any, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(lakehouse.url + "/catalog")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open Observatory by its link")
    expect(page.get_by_text("phlo services start")).to_be_visible()


def test_logging_out_ends_the_session(watched: Any) -> None:
    page = watched.open("/settings")
    page.get_by_role("button", name="Log out", exact=True).click()
    page.get_by_role("button", name="Log out of this browser").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open Observatory by its link")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open Observatory by its link")


# Home, catalog and datasets


def test_home_leads_to_what_is_wrong(watched: Any) -> None:
    page = watched.open("/")
    held = page.locator(".attention-item", has_text="raw.customers was held back")
    held.get_by_role("link", name="See the checks of raw.customers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("raw.customers")
    expect(page.locator("#checks")).to_contain_text("not_null:name")


def test_from_the_catalog_to_the_last_row_of_a_preview(watched: Any) -> None:
    page = watched.open("/catalog")
    page.get_by_role("searchbox", name="Filter datasets").fill("orders")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=orders" in page.url
    page.get_by_role("link", name="raw.orders").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("raw.orders")
    grid = page.get_by_role("grid", name="The first rows of raw.orders")
    expect(grid).to_have_attribute("aria-rowcount", "1001")
    grid.focus()
    page.keyboard.press("Control+ArrowDown")
    last = grid.get_by_role("row").filter(has=page.get_by_role("rowheader", name="1,000"))
    # Past what a JavaScript number can hold.
    expect(last).to_contain_text("9007199254741992")
    expect(last).to_contain_text('[{"sku": "A999", "many": 5}]')
    box, frame = last.bounding_box(), grid.bounding_box()
    assert box["y"] + box["height"] <= frame["y"] + frame["height"]


def test_a_filter_of_the_catalog_is_its_address(watched: Any) -> None:
    page = watched.open("/catalog")
    page.get_by_role("checkbox", name=re.compile("^analytics")).check()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Rows").click()
    page.reload()
    watched.settle()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Rows")


def test_a_dataset_tells_columns_checks_snapshots_and_code(watched: Any, lakehouse: Any) -> None:
    page = watched.open(f"/catalog/{lakehouse.dataset('raw.orders')}")
    columns = page.locator("#columns")
    expect(columns.get_by_role("row", name=re.compile("^country"))).to_contain_text("33 %")
    expect(columns.get_by_role("row", name=re.compile("^amount"))).to_contain_text("49.99")
    expect(
        page.locator("#checks").get_by_role("row", name=re.compile("not_null:country"))
    ).to_contain_text("Warned")
    expect(page.locator("#snapshots li").first).to_contain_text("+5,000")
    expect(page.locator("#code")).to_contain_text('@phlo.ingestion(table="raw.orders"')
    page.locator("#lineage").get_by_role("button", name=re.compile("marts.totals")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("marts.totals")


def test_a_table_that_was_never_made_says_how_to_make_it(watched: Any, lakehouse: Any) -> None:
    page = watched.open(f"/catalog/{lakehouse.dataset('raw.parcels')}")
    expect(page.get_by_role("alert")).to_contain_text("client_of_no_carrier")
    expect(page.locator("#preview")).to_contain_text("phlo materialize raw.parcels")


def test_a_ref_that_is_not_there_is_an_error_and_not_other_data(
    watched: Any, lakehouse: Any
) -> None:
    page = watched.open(f"/catalog/{lakehouse.dataset('raw.orders')}?ref=nowhere")
    expect(page.get_by_role("alert").first).to_contain_text("nowhere")
    expect(page.get_by_role("grid")).to_have_count(0)


# SQL


def test_rows_of_a_query_to_the_millionth(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "select range as n, 'row ' || range as name from range(1000000)")
    expect(page.locator(".result-bar")).to_contain_text("Succeeded")
    grid = page.get_by_role("grid", name="Rows of the query")
    expect(grid).to_have_attribute("aria-rowcount", "1000001")
    grid.focus()
    page.keyboard.press("Control+ArrowDown")
    expect(grid.get_by_role("gridcell", name="row 999999", exact=True)).to_be_visible()
    page.keyboard.press("Control+ArrowUp")
    expect(grid.get_by_role("gridcell", name="row 0", exact=True)).to_be_visible()
    # Whatever their number, few rows are drawn.
    assert page.locator(".grid-row").count() < 80
    assert watched.errors == []


def test_a_query_is_cancelled_in_the_engine(watched: Any, lakehouse: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, SLOW)
    expect(page.locator(".result-bar")).to_contain_text("Running")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".result")).to_contain_text("The query was cancelled")
    states = {one["sql"]: one["state"] for one in lakehouse.ask("/queries")["items"]}
    assert states[SLOW] == "cancelled"
    # It gave its place back: the next one runs.
    run_sql(page, "select 42 as answer")
    expect(page.get_by_role("gridcell", name="42", exact=True)).to_be_visible()


def test_escape_cancels_a_query(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, SLOW + " and a.range > 1")
    expect(page.locator(".result-bar")).to_contain_text("Running")
    page.keyboard.press("Escape")
    expect(page.locator(".result")).to_contain_text("The query was cancelled")


def test_an_error_has_its_code_and_its_place(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "select 1;\n\nselect *\nfrom raw.orders\nwhere nothing = 1")
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("PHLO-D")
    expect(problem).to_contain_text("nothing")
    expect(page.locator(".cm-lintRange-error")).to_have_text("nothing")


def test_a_statement_that_writes_is_refused(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "drop table raw.orders")
    expect(page.get_by_role("alert")).to_contain_text("PHLO-D")
    run_sql(page, "select count(*) as n from raw.orders")
    expect(page.get_by_role("gridcell", name="5000", exact=True)).to_be_visible()


def test_only_the_statement_at_the_cursor_runs(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "select 'first' as a; select 'second' as a")
    expect(page.get_by_role("gridcell", name="second", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("gridcell", name="first", exact=True)).to_be_visible()


def test_tables_and_columns_are_completed(watched: Any) -> None:
    page = watched.open("/sql")
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("select * from raw.or")
    expect(page.get_by_role("option", name="orders")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.type("ders o where o.coun")
    expect(page.get_by_role("option", name=re.compile("country"))).to_be_visible()


def test_a_result_is_saved_whole_and_exact(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "select id, country, amount from raw.orders order by id")
    expect(page.locator(".result-bar")).to_contain_text("Succeeded")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as CSV").click()
    with started.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "country", "amount"]
    assert rows[3] == ["9007199254740995", "", "0.02"]
    assert len(rows) == 5_001
    assert rows[-1] == ["9007199254745992", "FR", "49.99"]


def test_a_query_of_the_history_shows_its_rows_again(watched: Any) -> None:
    page = watched.open("/sql")
    run_sql(page, "select 'kept' as word")
    expect(page.get_by_role("gridcell", name="kept", exact=True)).to_be_visible()
    watched.open("/catalog")
    watched.open("/sql")
    page.get_by_role("button", name=re.compile("select 'kept' as word")).first.click()
    expect(page.get_by_role("gridcell", name="kept", exact=True)).to_be_visible()


# Lineage, quality, runs


def test_the_graph_leads_from_a_dataset_to_its_neighbours(watched: Any) -> None:
    page = watched.open("/lineage")
    page.get_by_role("button", name=re.compile("raw.orders")).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel).to_contain_text("Orders of the shop")
    expect(panel.get_by_role("button", name="Close the details")).to_be_focused()
    panel.get_by_role("button", name="Draw around it").click()
    expect(page.locator(".lineage-tools")).to_contain_text("3 of 5 shown")
    page.get_by_role("combobox", name="Levels of what reads it").select_option("1")
    expect(page.locator(".lineage-tools")).to_contain_text("1 further down")
    page.keyboard.press("Escape")
    page.reload()
    watched.settle()
    expect(page.locator(".card")).to_have_count(2)


def test_the_filter_of_the_graph_knows_levels(watched: Any) -> None:
    page = watched.open("/lineage")
    page.get_by_role("searchbox", name="Filter the graph").fill("+marts.totals")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile("Around marts.totals"))).to_be_visible()


def test_a_group_is_folded_into_one(watched: Any) -> None:
    page = watched.open("/lineage")
    page.get_by_role("group", name="Groups that are drawn one by one").get_by_role(
        "button", name=re.compile("marts")
    ).click()
    expect(page.get_by_role("button", name=re.compile("2 datasets"))).to_be_visible()
    page.get_by_role("button", name=re.compile("2 datasets")).click()
    expect(page.get_by_role("button", name=re.compile("marts.shares"))).to_be_visible()


def test_a_failing_check_shows_its_rows(watched: Any) -> None:
    page = watched.open("/quality?status=failed")
    page.get_by_role("link", name="not_null:name").click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel).to_contain_text("10 of 10 rows")
    expect(panel.get_by_role("region", name="A sample of the rows")).to_contain_text("NULL")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_a_run_is_asked_for_and_followed_to_its_end(watched: Any) -> None:
    page = watched.open("/runs")
    page.get_by_role("link", name="Materialize").click()
    dialog = page.get_by_role("dialog", name="Materialize assets")
    dialog.get_by_label("Selection").fill("marts.totals+")
    expect(dialog).to_contain_text("phlo materialize marts.totals+")
    dialog.get_by_role("button", name="Materialize").click()
    page.wait_for_url(re.compile("/runs/2"))
    expect(page.locator(".page-lead .status")).to_contain_text("Succeeded", timeout=60_000)
    expect(page.locator(".events")).to_contain_text("The run ended: succeeded")
    expect(page.get_by_role("row", name=re.compile("marts.shares"))).to_contain_text("Succeeded")
    assert watched.errors == []


def test_a_run_of_the_command_line_appears_by_itself(watched: Any, lakehouse: Any) -> None:
    page = watched.open("/runs")
    before = page.locator("tbody tr").count()
    done = lakehouse.project.phlo("materialize", "marts.totals", "--full-refresh")
    assert done.returncode == 0, done.stderr
    expect(page.locator("tbody tr")).to_have_count(before + 1)
    expect(page.locator("tbody tr").first).to_contain_text("Succeeded")
    expect(page.locator("tbody tr").first).to_contain_text("marts.totals")


def test_a_run_is_cancelled_from_its_page(watched: Any, lakehouse: Any) -> None:
    lakehouse.project.write(
        "workflows/slow.py",
        """
        import time
        import phlo

        @phlo.ingestion(table="raw.slow")
        def slow():
            for n in range(600):
                time.sleep(0.1)
                yield {"n": n}
        """,
    )
    page = watched.open("/runs?launch=raw.slow")
    page.get_by_role("dialog").get_by_role("button", name="Materialize").click()
    page.wait_for_url(re.compile("/runs/2"))
    expect(page.locator(".page-lead .status")).to_contain_text("Running", timeout=30_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.locator(".page-lead .status")).to_contain_text("Cancelled", timeout=30_000)
    expect(page.get_by_role("link", name="Run what failed")).to_be_visible()
    (lakehouse.project.root / "workflows" / "slow.py").unlink()


def test_a_selection_that_matches_nothing_is_refused_with_a_fix(watched: Any) -> None:
    page = watched.open("/runs?launch=raw.ordrs")
    dialog = page.get_by_role("dialog", name="Materialize assets")
    dialog.get_by_role("button", name="Materialize").click()
    expect(dialog.get_by_role("alert")).to_contain_text("PHLO-")
    expect(dialog.get_by_role("alert")).to_contain_text("raw.orders")


def test_a_run_shows_its_errors_first(watched: Any, routes: dict[str, str]) -> None:
    page = watched.open(routes["run"])
    expect(page.get_by_role("heading", level=2).first).to_have_text("2 errors")
    expect(page.get_by_role("alert").filter(has_text="client_of_no_carrier")).to_contain_text(
        "PHLO-D954"
    )
    expect(page.get_by_role("row", name=re.compile("not_null:name"))).to_contain_text("Failed")


# The keyboard alone


def test_the_palette_finds_a_dataset_by_a_few_letters(watched: Any) -> None:
    page = watched.open("/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find")).to_be_focused()
    page.keyboard.type("mtot")
    expect(page.locator(".palette [aria-selected=true]")).to_contain_text("marts.totals")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("marts.totals")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Find")).to_have_count(0)


def test_letters_lead_to_places_and_through_lists(watched: Any) -> None:
    page = watched.open("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalog")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalog")


def test_letters_can_be_switched_off(watched: Any) -> None:
    page = watched.open("/settings")
    page.get_by_role("checkbox", name=re.compile("Single letters")).uncheck()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_theme_is_kept(watched: Any) -> None:
    page = watched.open("/settings")
    page.get_by_role("radio", name="Dark").check()
    page.reload()
    watched.settle()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


# When a part is down


def test_pages_say_that_the_api_does_not_answer(
    context: BrowserContext, serve_pages: Callable[[str], Any], url_of_nothing: str
) -> None:
    with serve_pages(url_of_nothing) as url:
        page = context.new_page()
        for path in ("/", "/catalog", "/sql"):
            page.goto(url + path)
            expect(page.get_by_role("alert")).to_contain_text("PHLO-N620")
            expect(page.get_by_role("alert")).to_contain_text("phlo services start")


def test_what_was_read_stays_when_the_api_goes_away(context: BrowserContext, second: Any) -> None:
    lakehouse, api = second
    page = context.new_page()
    page.clock.install()
    page.goto(lakehouse.link())
    page.wait_for_url(lakehouse.url + "/")
    page.get_by_role("link", name="Catalog").click()
    expect(page.get_by_role("link", name="raw.orders")).to_be_visible()
    api.close()
    expect(page.locator(".health")).to_contain_text(re.compile("Reconnecting|Not answering"))
    page.get_by_role("link", name="Quality").click()
    expect(page.get_by_role("alert")).to_contain_text("PHLO-N620")
    page.get_by_role("link", name="Catalog").click()
    expect(page.get_by_role("link", name="raw.orders")).to_be_visible()
    # Coming back to the window asks who is logged in; no answer is not the end of the page.
    page.clock.fast_forward(120_000)
    with page.expect_response("**/auth/me"):
        page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    with page.expect_response("**/auth/me"):
        page.clock.fast_forward(2_000)
    page.clock.run_for(1_000)
    expect(page.get_by_role("link", name="raw.orders")).to_be_visible()


def test_data_of_a_broken_source_stays_with_its_age(watched: Any, lakehouse: Any) -> None:
    """The catalog's file is replaced by nonsense: what was read stays, and says how old it is."""
    catalog = lakehouse.project.root / ".phlo" / "lake" / "catalog.db"
    page = watched.open("/catalog")
    expect(page.get_by_role("link", name="raw.orders")).to_be_visible()
    whole = catalog.read_bytes()
    try:
        replaced(catalog, b"not a database" * 1000)
        note = page.get_by_text("Shown as of")
        page.reload()
        expect(note).to_be_visible()
        expect(note).to_contain_text("file is not a database")
        expect(page.get_by_role("row", name=re.compile("raw.orders"))).to_contain_text("5,000")
    finally:
        replaced(catalog, whole)
    page.wait_for_timeout(5_500)
    page.reload()
    expect(page.get_by_role("link", name="raw.orders")).to_be_visible()
    expect(note).to_have_count(0)


def replaced(file: Path, content: bytes) -> None:
    """Put another file in the place of one, at once."""
    beside = file.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(file)
