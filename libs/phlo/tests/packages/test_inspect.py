"""Installed packages, looked at: what each brings, and what it lacks, each with its fix."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from phlo.testing.packages import SitePackages

TOOL = """\
schema: 1
name: tool
category: catalog
description: A tool
image: example.org/tool:1
healthcheck: {http: /}
ports: {api: {container: 9000, protocol: http}}
provides: [{capability: iceberg.catalog/rest}]
settings: {level: {default: low, env: TOOL_LEVEL}}
"""
PLUGIN = """\
from phlo.plugins.base import ServicePlugin

class Service(ServicePlugin):
    package = "phlo_tool"

    def cli(self):
        import no_such_client
"""


@pytest.fixture
def site(tmp_path):
    return SitePackages(tmp_path / "site")


@pytest.fixture
def phlo(site, tmp_path):
    environ = os.environ | {"PYTHONPATH": str(site.folder), "NO_COLOR": "1", "COLUMNS": "300",
                            "PHLO_CACHE_DIR": str(tmp_path / "cache")}  # fmt: skip

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "phlo", *arguments], cwd=tmp_path, env=environ,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


def test_packages_are_listed_with_what_is_wrong_with_them(site, phlo):
    site.install("tool", TOOL, version="1.2.0")
    site.install("bad", "schema: 1\nname: bad\nimagee: x\n")
    lines = phlo("plugin", "list").stdout.splitlines()
    assert any(line.split() == ["phlo-tool", "1.2.0", "tool", "ok"] for line in lines)
    assert any("phlo-bad" in line and "broken; PHLO-P301" in line for line in lines)


def test_a_package_says_what_it_adds(site, phlo):
    site.install("tool", TOOL)
    shown = phlo("plugin", "info", "phlo-tool").stdout
    for words in ("ports      api 9000", "variables  TOOL_LEVEL", "iceberg.catalog/rest",
                  "settings   level low", "runs       docker"):  # fmt: skip
        assert words in shown


def test_a_sound_package(site, phlo):
    site.install("tool", TOOL, code=PLUGIN.replace("import no_such_client", "return None"))
    done = phlo("plugin", "check", "tool")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "phlo-tool 1.0.0 can be used: tool\n"


def test_python_that_fails_is_a_warning_and_says_what_it_affects(site, phlo):
    site.install("tool", TOOL, code=PLUGIN, version="1.2.0")
    metadata = site.folder / "phlo_tool-1.2.0.dist-info" / "METADATA"
    head, _, body = metadata.read_text(encoding="utf-8").partition("\n\n")
    extra = 'Provides-Extra: client\nRequires-Dist: no-such-client>=1; extra == "client"'
    metadata.write_text(f"{head}\n{extra}\n\n{body}", encoding="utf-8")
    done = phlo("plugin", "check", "tool")
    assert done.returncode == 0
    assert (
        "warning[PHLO-P302]: phlo-tool 1.2.0 is installed but its Python extras failed to import: "
        "No module named 'no_such_client'\n"
    ) in done.stderr
    assert "affects: the commands 'phlo tool'. The tool *service* is unaffected" in done.stderr
    assert 'pip install "phlo-tool[client]"        details: phlo plugin check tool --debug' in (
        done.stderr
    )
    assert "Traceback" not in done.stderr
    assert "Traceback" in phlo("plugin", "check", "tool", "--debug").stderr


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "import os; os._exit(3)", "def f(:"])
def test_python_that_ends_phlo_or_is_none_is_a_warning_too(site, phlo, code):
    site.install("tool", TOOL, code=code)
    done = phlo("plugin", "check", "tool")
    assert done.returncode == 0
    assert "warning[PHLO-P302]" in done.stderr
    assert "phlo plugin install tool" in done.stderr


def test_a_definition_that_is_none_is_an_error_with_its_place(site, phlo):
    site.install("tool", TOOL.replace("image:", "imagee:"), url="https://example.org/tool")
    done = phlo("plugin", "check", "tool")
    assert done.returncode == 4
    assert "error[PHLO-P301]" in done.stderr
    assert "--> phlo-tool 1.0.0 service.yaml:5:1" in done.stderr
    assert "report it to: https://example.org/tool" in done.stderr


def test_what_is_promised_and_not_given_is_an_error_with_its_fix(site, phlo):
    text = TOOL.replace("protocol: http", "protocol: tcp").replace("tool:1", "tool")
    site.install("tool", text, code=PLUGIN.replace("import no_such_client", "return None"))
    done = phlo("plugin", "check", "tool")
    assert done.returncode == 4
    assert done.stderr.count("error[PHLO-P305]") == 2
    assert "fix: name a version or a digest after it" in done.stderr
    assert "fix: write it there: properties: {url: …}" in done.stderr


def test_a_package_that_is_not_installed(phlo):
    done = phlo("plugin", "check", "duckbd")
    assert done.returncode == 4
    assert "did you mean duckdb?" in done.stderr
