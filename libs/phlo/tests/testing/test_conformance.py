"""A good package passes the kit; a fault of a bad one fails the right test, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from phlo.testing import conformance_facts as facts
from phlo.testing.composing import definition
from phlo.testing.conformance import ServiceConformance
from phlo.testing.packages import SitePackages

GOOD = """\
schema: 1
name: NAME
category: catalog
description: A catalog
image: example.org/NAME:1.2
ports: {http: {container: 8181, host: 8181, protocol: http}}
settings: {password: {type: secret, generate: {length: 20}, env: APP_PASSWORD}}
environment: {DB_PASSWORD: "{store.password}"}
provides: [{capability: iceberg.catalog/rest}]
requires:
  - {capability: database.postgres, as: store}
  - {capability: object-store.s3, as: files, optional: true}
healthcheck: {http: /}
native: {program: {path: NAME}, processes: {main: {command: [NAME, "{port.http}"]}}}
modes: {dev: {environment: {DEBUG: "1"}, watch: [{path: files, target: /etc, action: sync}]}}
jobs: {setup: {environment: {A: "{host}"}, command: [NAME], native: {command: [NAME, "{port}"]}}}
files: [{template: files/app.conf, dest: /etc/app.conf}]
"""
CODE = """\
from phlo.plugins.base import ServicePlugin

class Service(ServicePlugin):
    package = "PACKAGE"
"""
CONF = "url = http://x\npassword = {{ store.password }}\n"


@dataclass
class Fault:
    """One thing that is wrong with a package, and the test that tells."""

    test: str | None
    change: tuple[str, str] = ("", "")
    code: tuple[str, str] = ("", "")
    conf: str = CONF
    readme: str = "The service NAME, at port 8181, with APP_PASSWORD."
    without: tuple[str, ...] = ()
    install: dict[str, str] = field(default_factory=dict)
    body: str = ""


HEALTH = "healthcheck: {http: /}\n"
FAULTS = {
    "none": Fault(None),
    "no-entry": Fault("test_entry_point_is_unique", install={"entry": "[other]\nx = y:z\n"}),
    "misnamed": Fault("test_package_is_named_after_the_service",
                      install={"distribution": "phlo-other-name"}),
    "bad-key": Fault("test_definition_is_valid", ("image:", "imagee:")),
    "no-words": Fault("test_it_says_what_it_is", ("description: A catalog\n", "")),
    "no-category": Fault("test_it_says_what_it_is", ("category: catalog\n", "")),
    "latest": Fault("test_image_is_pinned", (":1.2", ":latest")),
    "no-health": Fault("test_readiness_is_told", (HEALTH, "")),
    "promises": Fault("test_it_gives_what_its_category_promises",
                      ("category: catalog", "category: storage")),
    "no-url": Fault("test_it_gives_what_its_capabilities_promise",
                    ("protocol: http", "protocol: tcp")),
    "no-role": Fault("test_it_renders_alone", ("{store.password}", "{shop.password}")),
    "template": Fault("test_it_renders_alone", conf="url = {{ nothing }}\n"),
    "optional": Fault("test_it_renders_with_all_it_may_use",
                      conf="{% if files %}{{ files.nothing }}{% endif %}\n"),
    "bad-dev": Fault("test_dev_mode_renders", ('DEBUG: "1"', 'DEBUG: "{shop.url}"')),
    "no-file": Fault("test_files_it_names_are_there",
                     ("native: {program: {path: NAME}", "native: {program: {venv: files/r.txt}")),
    "secret": Fault("test_no_secret_is_written_down", ('"{store.password}"', "hunter2")),
    "job-secret": Fault("test_no_secret_is_written_down", ('A: "{host}"', "API_TOKEN: hunter2")),
    "bad-job": Fault("test_it_renders_alone", ('A: "{host}"', 'A: "{shop.url}"')),
    "no-source": Fault("test_files_it_names_are_there", ("{path: files,", "{path: sources,")),
    "secret-file": Fault("test_no_secret_is_written_down", conf="password = hunter2\n"),
    "no-class": Fault("test_its_class_is_a_service_plugin", code=("Service(", "Other(")),
    "exits": Fault("test_its_class_is_a_service_plugin", code=("from", "raise SystemExit\nfrom")),
    "no-plugin": Fault("test_its_class_is_a_service_plugin", code=("(ServicePlugin)", "")),
    "heavy": Fault("test_importing_it_is_cheap", code=("from", "import yaml\nfrom")),
    "untyped": Fault("test_it_is_typed", without=("py.typed",)),
    "silent": Fault("test_readme_says_how_to_use_it", readme="The service NAME, at port 8181."),
    "gap": Fault(None, (HEALTH, ""), body='    notimpl = {"test_readiness_is_told": "some day"}'),
    "closed-gap": Fault("test_readiness_is_told",
                        body='    never = {"test_readiness_is_told": "it cannot"}'),
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Return the tests that failed for each package, from one run of all."""
    folder = tmp_path_factory.mktemp("kit")
    site = SitePackages(folder / "site")
    lines = ["from phlo.testing.conformance import ServiceConformance"]
    for kind, fault in FAULTS.items():
        install(site, kind, fault)
        name = re.sub("-", "_", kind)
        lines += [f"class Test_{name}(ServiceConformance):", f'    service = "{kind}"', fault.body]
    (folder / "test_all.py").write_text("\n".join(lines), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environ = os.environ | {"PYTHONPATH": str(site.folder), "PHLO_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfEp", "--tb=no", "-p", "no:cacheprovider"],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    found = {kind: {"PASSED": set(), "FAILED": set(), "ERROR": set()} for kind in FAULTS}
    pattern = r"^(PASSED|FAILED|ERROR) test_all\.py::Test_(\w+)::(\w+)"
    for word, name, test in re.findall(pattern, done.stdout, re.MULTILINE):
        found[name.replace("_", "-")][word].add(test)
    assert any(one["PASSED"] for one in found.values()), done.stdout + done.stderr
    return found


def install(site, kind, fault):
    distribution = fault.install.get("distribution", f"phlo-{kind}")
    package = distribution.replace("-", "_")
    text = GOOD.replace(*fault.change) if fault.change[0] else GOOD
    text = text.replace("NAME", kind)
    code = CODE.replace("PACKAGE", package).replace(*fault.code, 1) if fault.code[0] else CODE
    folder = site.install(kind, text, code=code.replace("PACKAGE", package), **fault.install)
    (folder / "files").mkdir()
    (folder / "files" / "app.conf").write_text(fault.conf, encoding="utf-8")
    if "py.typed" not in fault.without:
        (folder / "py.typed").touch()
    metadata = site.folder / f"{package}-1.0.0.dist-info" / "METADATA"
    head = metadata.read_text(encoding="utf-8").partition("\n\n")[0]
    metadata.write_text(f"{head}\n\n{fault.readme.replace('NAME', kind)}\n", encoding="utf-8")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_fails_the_test_that_tells_it_and_no_other(outcomes, kind):
    wanted = {FAULTS[kind].test} - {None}
    assert outcomes[kind]["ERROR"] == set()
    assert outcomes[kind]["FAILED"] == wanted


def test_a_good_package_passes_all_of_them(outcomes):
    every = {name for name in dir(ServiceConformance) if name.startswith("test_")}
    assert outcomes["none"]["PASSED"] == every


def test_each_test_of_the_kit_has_a_fault_that_fails_it():
    every = {name for name in dir(ServiceConformance) if name.startswith("test_")}
    assert {fault.test for fault in FAULTS.values()} - {None} == every


@pytest.mark.parametrize("gaps", [{"test_nothing": "why"}, {"test_it_is_typed": " "}])
def test_a_gap_names_a_test_and_a_reason(gaps):
    with pytest.raises(TypeError, match="with a reason"):
        type("TestIt", (ServiceConformance,), {"never": gaps})


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("POSTGRES_PASSWORD", "hunter2", True),
        ("password", "${PHLO_SECRET_X}", False),
        ("PASSWORD_FILE", "/run/x", False),
        ("api_key", "abcdef", True),
        ("token", "{api.token}", False),
        ("token", "", False),
        ("shared-secret", "abc", True),
        ("tokens", "5", False),
        ("secret", "/run/secrets/x", False),
    ],
)
def test_what_counts_as_a_secret(name, value, is_one):
    assert facts.is_secret(name, value) is is_one


def test_what_a_readme_leaves_out():
    app = definition("name: app\nimage: x:1\nready: started\nports: {a: {container: 80}}\n")
    assert facts.unsaid(app, "at port 8080") == ["80"]
    assert facts.unsaid(app, "at port 80.") == []
