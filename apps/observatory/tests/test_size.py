"""How large the built interface is: what a browser loads first, and what it may load later."""

from __future__ import annotations

import gzip
import re

import pytest

from phlo_observatory.assets import FOLDER, Asset, load

KB = 1000
#: `import{a as b}from"./x.js"` and `import"./x.js"`, but not `import("./x.js")`.
_STATIC_IMPORT = re.compile(rb"""(?:\bfrom|\bimport)\s*["']\./([\w.-]+\.js)["']""")


@pytest.fixture(scope="module")
def files() -> dict[str, Asset]:
    assert (FOLDER / "index.html").is_file(), "the interface is not built: uv sync builds it"
    return load()


def gzipped(asset: Asset) -> int:
    return len(asset.encoded.get("gzip") or gzip.compress(asset.content, 9))


def closure(files: dict[str, Asset], *names: str) -> set[str]:
    """Return the scripts, and all that they import before they run."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            imported = _STATIC_IMPORT.findall(files[name].content)
            waiting += [f"/assets/{one.decode()}" for one in imported]
    return found


def chunk(files: dict[str, Asset], name: str) -> str:
    [found] = [path for path in files if re.fullmatch(rf"/assets/{name}-[\w-]+\.js", path)]
    return found


def entry(files: dict[str, Asset]) -> str:
    [script] = re.findall(rb'src="(/assets/[^"]+\.js)"', files["/index.html"].content)
    return str(script.decode())


def test_what_the_first_page_needs_is_small(files: dict[str, Asset]) -> None:
    needed = closure(files, entry(files), chunk(files, "Home"))
    assert len(needed) > 2, "the imports were not found"
    assert sum(gzipped(files[name]) for name in needed) <= 185 * KB


def test_no_later_part_is_large(files: dict[str, Asset]) -> None:
    scripts = {name: gzipped(one) for name, one in files.items() if name.endswith(".js")}
    assert {name: size for name, size in scripts.items() if size > 180 * KB} == {}
    # The editor and Arrow are apart: nobody waits for the one to have the other.
    assert not any(b"RecordBatch" in files[n].content for n in closure(files, chunk(files, "Sql")))


def test_the_styles_are_small(files: dict[str, Asset]) -> None:
    styles = [one for name, one in files.items() if name.endswith(".css")]
    assert sum(gzipped(one) for one in styles) <= 15 * KB


def test_one_font_is_shipped(files: dict[str, Asset]) -> None:
    [font] = [one for name, one in files.items() if name.endswith(".woff2")]
    assert len(font.content) <= 50 * KB


def test_the_whole_interface_is_small_in_the_wheel(files: dict[str, Asset]) -> None:
    whole = sum(len(one.encoded.get("br") or one.content) for one in files.values())
    assert whole <= 2500 * KB


def test_all_that_can_be_is_compressed(files: dict[str, Asset]) -> None:
    for name, one in files.items():
        if name.endswith((".js", ".css")) and len(one.content) >= 800:
            assert set(one.encoded) == {"br", "gzip"}, name
            assert gzip.decompress(one.encoded["gzip"]) == one.content


def test_nothing_of_the_interface_is_at_another_address(files: dict[str, Asset]) -> None:
    """No CDN, no telemetry: the only addresses are names that standards gave, and help pages."""
    allowed = re.compile(
        rb"https?://(www\.w3\.org/|react\.dev/errors|127\.0\.0\.1|tanstack\.com/|localhost)"
    )
    for name, one in files.items():
        if name.endswith((".js", ".css", ".html")):
            found = re.findall(rb"https?://[\w.-]+/?[\w./-]*", one.content)
            assert [url for url in found if not allowed.match(url)] == [], name
