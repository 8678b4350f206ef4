"""What is installed is found without being imported; what is broken is a row, never a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.errors import PhloError
from phlo.errors.package import NoQueryEngine, PluginFailed
from phlo.plugins.base import ServicePlugin
from phlo.plugins.discovery import discover
from phlo.plugins.loading import load
from phlo.plugins.registry import load_services, query_engine
from phlo.testing.packages import SitePackages
from phlo.user_cache import cache_folder

TOOL = "schema: 1\nname: tool\nimage: example.org/tool:1\nready: started\n"
ENGINE = (
    "schema: 1\nname: {}\nkind: embedded\nprovides: [{{capability: query.sql/x, priority: {}}}]\n"
)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return an empty site-packages; nothing else is installed."""
    made = SitePackages(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.setattr("phlo.plugins.registry.discover", lambda: discover([str(made.folder)]))
    monkeypatch.setenv("PHLO_CACHE_DIR", str(tmp_path / "cache"))
    for name in [n for n in sys.modules if n.startswith("phlo_")]:
        monkeypatch.delitem(sys.modules, name)
    yield made
    for name in [n for n in sys.modules if n.startswith("phlo_")]:
        if str(made.folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def reasons():
    return {b.name: b.reason for b in load_services().broken}


def test_an_installed_service(site):
    folder = site.install("tool", TOOL, url="https://example.org/tool", version="2.1.0")
    definition = load_services().definitions["tool"]
    assert str(definition.package) == "phlo-tool 2.1.0"
    assert definition.package.file == str(folder / "service.yaml")
    assert definition.package.url == "https://example.org/tool"
    assert not definition.package.editable
    assert "phlo_tool" not in sys.modules


def test_an_editable_service(site, tmp_path, monkeypatch):
    source = tmp_path / "checkout" / "src"
    site.install("tool", TOOL, source=source)
    monkeypatch.syspath_prepend(str(source))  # what the .pth file does when Python starts
    definition = load_services().definitions["tool"]
    assert definition.package.editable
    assert definition.package.folder == str(source / "phlo_tool")


BAD = {
    "no service.yaml": (None, "PHLO-P301", "no service.yaml"),
    "bad YAML": (b"schema: [1", "PHLO-P301", "cannot be read"),
    "not UTF-8": (b"\xff\xfe\x00", "PHLO-P301", "not UTF-8"),
    "not a map": (b"- 1", "PHLO-P301", "must be a map"),
    "empty": (b"", "PHLO-P301", "schema"),
    "no schema": (b"name: tool", "PHLO-P301", "schema"),
    "newer schema": (b"schema: 2\nname: tool", "PHLO-P303", "newer phlo"),
    "other name": (b"schema: 1\nname: other\nimage: x", "PHLO-P301", "'name' cannot be 'other'"),
    "unknown key": (b"schema: 1\nname: tool\nimagee: x", "PHLO-P301", "unknown key 'imagee'"),
    "duplicate key": (b"schema: 1\nname: tool\nname: tool", "PHLO-P301", "written twice"),
    "nothing to run": (b"schema: 1\nname: tool", "PHLO-P301", "image or a native recipe"),
    "wrong type": (b"schema: 1\nname: tool\nimage: []", "PHLO-P301", "must be a text"),
    "a bomb": (
        b"schema: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
        b"c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
        b"e: [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*d,*d,*d,*d,*d,*d,*d,*d]\n",
        "PHLO-P301", "cannot be used",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_broken_package_is_a_row_and_hides_nothing(site, kind):
    raw, code, words = BAD[kind]
    site.install("tool", raw, url="https://example.org/tool")
    site.install("good", TOOL.replace("tool", "good"))
    reason = reasons()["tool"]
    assert reason.code == code
    assert words in reason.message
    assert reason.exit_code == 4
    assert str(reason.fix.command).startswith("phlo ")
    assert set(load_services().definitions) == {"good"}


def test_a_fault_in_a_package_has_its_place_and_where_to_report_it(site):
    site.install(
        "tool", b"schema: 1\nname: tool\nimagee: x\nprot: 1\n", url="https://example.org/t"
    )
    reason = reasons()["tool"]
    assert str(reason.where) == "phlo-tool 1.0.0 service.yaml:3:1"
    assert "report it to: https://example.org/t" in reason.fix.text
    assert any("prot" in related.message for related in reason.related)


@pytest.mark.parametrize("entry", ["x = nothing", "tool = missing_package.plugin:X", "tool = 1:2",
                                   "tool = :X", "tool ="])  # fmt: skip
def test_an_entry_point_that_leads_nowhere(site, entry):
    site.install("tool", TOOL, entry=f"[phlo.plugins.services]\n{entry}\n")
    assert [r.code for r in reasons().values()] == ["PHLO-P301"]


def test_a_finder_that_fails(site, monkeypatch):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "phlo_tool":
                raise RuntimeError("no such luck")

    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    site.install("tool", TOOL)
    assert "no such luck" in reasons()["tool"].message


def test_a_file_that_cannot_be_opened(site):
    folder = site.install("tool", None)
    (folder / "service.yaml").symlink_to(folder / "service.yaml")
    assert reasons()["tool"].code == "PHLO-P301"


def test_two_packages_with_one_service(site):
    site.install("tool", TOOL)
    site.install("tool", TOOL, distribution="strange-tool")
    reason = reasons()["tool"]
    assert reason.code == "PHLO-P304"
    assert "phlo-tool, strange-tool" in reason.message
    assert reason.fix.command == "phlo remove strange-tool"
    assert not load_services().definitions


def test_two_services_of_one_distribution_with_one_name(site):
    entry = "[phlo.plugins.services]\ntool = phlo_tool.plugin:A\ntool = phlo_tool.plugin:B\n"
    site.install("tool", TOOL, entry=entry)
    assert reasons()["tool"].code == "PHLO-P304"


def test_what_comes_first_on_the_path_hides_the_rest(tmp_path):
    one, two = SitePackages(tmp_path / "one"), SitePackages(tmp_path / "two")
    one.install("tool", TOOL, version="1.0.0")
    two.install("tool", TOOL, version="2.0.0")
    found = discover([str(one.folder), str(two.folder), str(tmp_path / "gone"), str(one.folder)])
    assert [(f.name, f.version) for f in found] == [("tool", "1.0.0")]


def test_entry_points_of_others_and_comments_are_passed_over(tmp_path):
    site = SitePackages(tmp_path)
    site.install("tool", TOOL, entry=textwrap.dedent("""
        [console_scripts]
        tool = phlo_tool.cli:main
        [phlo.plugins.services]
        # tool = no
        tool = phlo_tool.plugin:Service [extra]  # yes
        """))  # fmt: skip
    site.install("other", None, entry="[console_scripts]\nother = x:y\n")
    assert [(f.name, f.target, f.package) for f in discover([str(tmp_path)])] == [
        ("tool", "phlo_tool.plugin:Service", "phlo_tool")
    ]


def test_metadata_of_an_older_kind(tmp_path):
    folder = tmp_path / "phlo_tool.egg-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[phlo.plugins.services]\ntool = phlo_tool:X\n")
    found = discover([str(tmp_path)])
    assert [(f.distribution, f.version) for f in found] == [("phlo-tool", "unknown")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_in_service_yaml_give_a_row(site, raw):
    site.install("tool", raw)
    installed = load_services()
    assert len(installed.definitions) + len(installed.broken) == 1


KEYS = ["schema", "name", "image", "ports", "settings", "provides", "requires", "native", "modes",
        "links", "kind", "default", "priority", "healthcheck", "environment", "volumes",
        "depends_on", "files", "ready", "prefers"]  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.floats(), st.text(max_size=5),
              st.sampled_from(["http", "api", "tool", "service", "${X}", "{a.b}", "started"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["api", "container", "host", "capability", "as", "port", "type",
                             "default", "processes", "command", "$replace", "test"]), inner,
            max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.fuzz
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=2000 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 60,
    deadline=None,
)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_shape_of_service_yaml_gives_a_row(site, body):
    raw = json.dumps({"schema": 1, "name": "tool", **body}).encode()
    site.install("tool", raw)
    installed = load_services()
    assert len(installed.definitions) + len(installed.broken) == 1


# The cache


def entries(tmp_path):
    return list((tmp_path / "cache" / "services").glob("*.json"))


def test_what_was_read_is_kept_and_read_again(site, tmp_path, monkeypatch):
    site.install("tool", TOOL)
    first = load_services().definitions["tool"]
    (entry,) = entries(tmp_path)
    assert entry.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr("phlo.plugins.loading.parse_yaml", lambda *_: pytest.fail("parsed again"))
    assert load_services().definitions["tool"] == first


def test_a_changed_file_is_read_anew(site, tmp_path):
    folder = site.install("tool", TOOL)
    load_services()
    (folder / "service.yaml").write_text(TOOL + "description: changed\n")
    assert load_services().definitions["tool"].description == "changed"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"key": []}', b"\xff", b'{"key": 1e999}'])
def test_a_damaged_cache_is_passed_over(site, tmp_path, raw):
    site.install("tool", TOOL)
    load_services()
    (entry,) = entries(tmp_path)
    entry.write_bytes(raw)
    assert "tool" in load_services().definitions
    assert json.loads(entry.read_bytes())["key"][0] == 1


def test_a_cache_with_other_contents_is_passed_over(site, tmp_path):
    site.install("tool", TOOL)
    load_services()
    (entry,) = entries(tmp_path)
    kept = json.loads(entry.read_bytes())
    for broken in ({"spans": 1}, {"spans": [[1]]}, {"texts": {"a": 1}}, {"lines": None}):
        entry.write_text(json.dumps(kept | broken))
        assert "tool" in load_services().definitions
    entry.write_text(json.dumps(kept | {"data": {"schema": 1, "name": "tool", "imagee": 1}}))
    assert reasons()["tool"].code == "PHLO-P301"


def test_a_cache_that_others_may_write_is_not_trusted(site, tmp_path):
    site.install("tool", TOOL)
    load_services()
    (entry,) = entries(tmp_path)
    entry.write_text(entry.read_text().replace("example.org", "evil.org"))
    entry.chmod(0o666)
    tree = load_services().definitions["tool"].tree
    assert tree["image"].value == "example.org/tool:1"


def test_a_cache_that_cannot_be_written_does_no_harm(site, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    site.install("tool", TOOL)
    assert "tool" in load_services().definitions


def test_where_the_cache_is(monkeypatch):
    assert cache_folder({"PHLO_CACHE_DIR": "/x"}) == "/x"
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == "/c/phlo"
    assert cache_folder({"HOME": "/h"}).endswith("/.cache/phlo")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder({}).endswith("Library/Caches/phlo")


# Query engines


GOOD = "class Service:\n    def query_engine(self, properties):\n        return 'engine of {}'\n"


def test_the_preferred_engine_is_the_one_that_needs_no_server(site):
    site.install("small", ENGINE.format("small", 1), code=GOOD.format("small"))
    site.install("large", ENGINE.format("large", 9).replace("kind: embedded", "image: x:1"),
                 code="raise SystemExit(3)")  # fmt: skip
    assert query_engine(None) == "engine of small"
    assert "phlo_large.plugin" not in sys.modules


def test_an_engine_by_name(site):
    site.install("a", ENGINE.format("a", 1), code=GOOD.format("a"))
    site.install("b", ENGINE.format("b", 2), code=GOOD.format("b"))
    assert query_engine("a") == "engine of a"
    assert query_engine(None) == "engine of b"


def test_no_engine_at_all(site):
    with pytest.raises(NoQueryEngine) as caught:
        query_engine(None)
    assert caught.value.fix.command == "phlo add duckdb"


def test_no_engine_of_that_name(site):
    site.install("duckdb", ENGINE.format("duckdb", 1), code=GOOD)
    with pytest.raises(NoQueryEngine, match="'duckdbb'") as caught:
        query_engine("duckdbb")
    assert "{engine: duckdb}" in caught.value.fix.text


def test_a_service_that_runs_sql_without_python(site):
    code = "class Service:\n    def query_engine(self, properties): return None\n"
    site.install("a", ENGINE.format("a", 1), code=code)
    with pytest.raises(NoQueryEngine):
        query_engine("a")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise BaseException", "BaseException"),
        ("class Service:\n    def __init__(self): raise ValueError('x')", "ValueError: x"),
        ("x = 1", "has no attribute 'Service'"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_python_that_fails_is_told_and_the_service_is_still_there(site, code, words):
    site.install("a", ENGINE.format("a", 1), code=code)
    with pytest.raises(PluginFailed) as caught:
        query_engine("a")
    assert caught.value.code == "PHLO-P302"
    assert words in caught.value.message
    assert "a" in load_services().definitions


def test_an_interrupt_is_no_fault_of_a_package(site):
    site.install("a", ENGINE.format("a", 1), code="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        query_engine("a")


# Start-up


def test_a_warm_start_imports_no_parser_and_no_plugin(tmp_path):
    code = (
        "import sys; from phlo.plugins.registry import load_services; load_services();"
        "heavy = ('yaml', 'pydantic', 'docker', 'pyarrow', 'importlib.metadata', 'phlo_api',"
        " 'phlo_duckdb', 'phlo_observatory', 'click', 'rich', 'duckdb', 'jinja2');"
        "print(*[name for name in heavy if name in sys.modules])"
    )
    environ = os.environ | {"PHLO_CACHE_DIR": str(tmp_path)}
    for wanted in (["yaml"], []):
        done = subprocess.run([sys.executable, "-c", code], env=environ, text=True,
                              capture_output=True, check=True)  # fmt: skip
        assert done.stdout.split() == wanted


def test_what_this_workspace_installs_is_sound():
    found = discover()
    rows = load(found)
    assert {f.name for f in found} >= {"phlo-api", "observatory", "duckdb"}
    assert not [row for row in rows if isinstance(row, PhloError)]
    assert not load_services(found).broken


def test_a_file_that_goes_away_while_it_is_read(site, monkeypatch):
    def gone(*_):
        raise FileNotFoundError(2, "No such file or directory")

    site.install("tool", TOOL)
    monkeypatch.setattr("phlo.plugins.loading.recall", gone)
    assert "No such file" in reasons()["tool"].message


def test_a_disk_that_is_full_leaves_nothing_half_written(site, tmp_path, monkeypatch):
    site.install("tool", TOOL)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    assert "tool" in load_services().definitions
    assert list((tmp_path / "cache" / "services").iterdir()) == []


def test_hooks_are_optional():
    class Tool(ServicePlugin):
        package = "phlo_tool"

    tool = Tool()
    assert [tool.query_engine({}), tool.orchestrator({}), tool.cli(), tool.api()] == [None] * 4
