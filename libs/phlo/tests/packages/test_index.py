"""Indexes: read, searched, written, fetched; what is none is refused."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path

import pytest

from phlo.errors.index import BrokenWheel, IndexUnreadable, NotInIndex, WheelMissing
from phlo.errors.package import NoPackageThere
from phlo.packages.register import describe, register
from phlo.plugins.index import Entry, bundled, parse, text_of, with_entry
from phlo.plugins.sources import fetch, find_wheel, kept_index, read_index
from phlo.scaffold.write import create_package
from phlo.testing.wheels import WheelFolder

TOOL = "schema: 1\nname: tool\ncategory: catalog\nimage: example.org/tool:1\nready: started\n"
ONE = {"distribution": "phlo-tool", "version": "1.2", "summary": "A Catalog of things",
       "services": ["tool"], "capabilities": ["iceberg.catalog/rest"], "category": "catalog",
       "sha256": "0" * 64, "wheel": "phlo_tool-1.2-py3-none-any.whl"}  # fmt: skip


def index_of(*packages):
    return parse(json.dumps({"schema": 1, "packages": list(packages)}).encode(), "test")


def test_a_package_is_found_by_its_name_or_its_service():
    index = index_of(ONE)
    for name in ("tool", "phlo-tool", "Phlo_Tool"):
        assert index.find(name)[0].version == "1.2"
    with pytest.raises(NotInIndex, match="'toool'") as caught:
        index.find("toool")
    assert caught.value.fix.command == "phlo add tool"


def test_words_are_looked_for_everywhere():
    other = ONE | {"distribution": "phlo-other", "services": ["other"], "summary": "like tool"}
    index = index_of(other, ONE)
    assert [e.distribution for e in index.search(["TOOL"])] == ["phlo-tool", "phlo-other"]
    assert [e.distribution for e in index.search(["catalog", "things"])] == ["phlo-tool"]
    assert [e.distribution for e in index.search(["iceberg"])] == ["phlo-other", "phlo-tool"]
    assert index.search(["nothing"]) == ()
    assert len(index.search([])) == 2


def test_a_teams_index_goes_before_the_one_of_phlo(tmp_path):
    file = tmp_path / "index.json"
    own = ONE | {"distribution": "phlo-duckdb", "services": ["duckdb"], "version": "9.9"}
    file.write_text(json.dumps({"schema": 1, "packages": [own]}), encoding="utf-8")
    index = read_index(str(file))
    assert index.find("duckdb")[0].version == "9.9"
    assert index.find("phlo-api")[0].distribution == "phlo-api"
    assert len([e for e, _ in index if e.distribution == "phlo-duckdb"]) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "no list of packages"),
        (b'{"packages": []}', "schema None"),
        (b'{"schema": 2, "packages": []}', "schema 2"),
        (b'{"schema": 1, "packages": [1]}', "no map"),
        (b'{"schema": 1, "packages": [{"distribution": "../x", "version": "1"}]}', "name or"),
        (b'{"schema": 1, "packages": [{"distribution": "x", "version": "-e ."}]}', "version"),
        (json.dumps({"schema": 1, "packages": [ONE | {"sha256": "x"}]}).encode(), "sha256"),
        (json.dumps({"schema": 1, "packages": [ONE | {"wheel": "a/../x"}]}).encode(), "wheel"),
    ],
)
def test_what_is_no_index_is_refused(raw, words):
    with pytest.raises(IndexUnreadable, match=words):
        parse(raw, "test")


def test_an_index_is_written_as_it_is_read():
    index = index_of(ONE)
    assert parse(text_of(index).encode(), "test") == index
    entry = Entry("phlo-a", "1")
    assert [e.distribution for e in with_entry(index, entry).entries] == ["phlo-a", "phlo-tool"]
    assert with_entry(with_entry(index, entry), entry) == with_entry(index, entry)


def test_a_wheel_is_registered_with_its_hash_and_place(tmp_path):
    wheels = WheelFolder(tmp_path / "wheels")
    made = wheels.build("tool", TOOL, version="2.0")
    index = tmp_path / "index.json"
    entry, has_changed = register(made, str(index))
    assert has_changed
    assert (entry.wheel, len(entry.sha256 or "")) == (f"wheels/{made.name}", 64)
    assert not register(made, str(index))[1]
    found, of = read_index(str(index)).find("tool")
    assert find_wheel(found, of, None) == (made.name, made.read_bytes())
    made.unlink()
    with pytest.raises(WheelMissing):
        find_wheel(found, of, tmp_path)


def test_a_folder_is_registered_by_its_wheel_or_as_not_published(tmp_path):
    package = create_package(tmp_path, "my-tool").root
    entry = describe(package, tmp_path)
    assert (entry.distribution, entry.version) == ("phlo-my-tool", "0.1.0")
    assert (entry.services, entry.category, entry.sha256) == (("my-tool",), "custom", None)
    wheels = WheelFolder(package / "dist")
    text = TOOL.replace("tool", "my-tool")
    made = wheels.build("my-tool", text, version="0.1.0", is_registered=False)
    assert describe(package, tmp_path).wheel == f"phlo-my-tool/dist/{made.name}"


def test_what_is_no_package_is_not_registered(tmp_path):
    with pytest.raises(NoPackageThere):
        register(tmp_path, str(tmp_path / "index.json"))
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    with pytest.raises(NoPackageThere, match="version"):
        register(tmp_path, str(tmp_path / "index.json"))
    (tmp_path / "x.whl").write_bytes(b"PK")
    with pytest.raises(BrokenWheel):
        register(tmp_path / "x.whl", str(tmp_path / "index.json"))
    with pytest.raises(IndexUnreadable):
        register(tmp_path, "https://example.org/index.json")


@pytest.fixture
def served(tmp_path):
    """Serve a folder at an address of this machine."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, format, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_fetched_once_and_its_copy_works_offline(served, tmp_path, monkeypatch):
    monkeypatch.setenv("PHLO_CACHE_DIR", str(tmp_path / "cache"))
    folder, address = served
    made = WheelFolder(folder).build("tool", TOOL)
    place = f"{address}/index.json"
    assert kept_index(place).source == "bundled"
    index = read_index(place)
    entry, of = index.find("tool")
    assert find_wheel(entry, of, None) == (made.name, made.read_bytes())
    (folder / "index.json").unlink()
    assert read_index(place).find("tool")
    assert kept_index(place).find("tool")
    with pytest.raises(IndexUnreadable, match="404"):
        read_index(place, refresh=True)
    assert read_index(place).find("tool"), "the copy is still there"


@pytest.mark.parametrize(
    "address", ["http://example.org/index.json", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
def test_only_addresses_that_nobody_can_change_on_the_way_are_fetched(address):
    with pytest.raises(IndexUnreadable, match="only https"):
        fetch(address, 10, lambda why: IndexUnreadable(address, why))


def test_what_is_too_large_is_refused(served):
    folder, address = served
    (folder / "x").write_bytes(b"x" * 11)
    with pytest.raises(IndexUnreadable, match="larger"):
        fetch(f"{address}/x", 10, lambda why: IndexUnreadable(address, why))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(IndexUnreadable):
        read_index(str(tmp_path / "nothing.json"))
    assert kept_index(str(tmp_path / "nothing.json")).source == "bundled"


def test_the_index_that_comes_with_phlo_can_be_read():
    assert bundled().find("duckdb")[0].distribution == "phlo-duckdb"
    assert Path(str(bundled().base)) == Path()
