"""Iceberg's own tests of catalogs, by its Java client, against phlo-api."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

KIT = Path(__file__).parent / "kit"
TOKEN = "a-token-that-only-the-kit-knows"
#: What the kit expects of a server that gives new tables properties.
PROPERTIES = {
    "table-default.default-key1": "catalog-default-key1",
    "table-default.default-key2": "catalog-default-key2",
    "table-default.override-key3": "catalog-default-key3",
    "table-override.override-key3": "catalog-override-key3",
    "table-override.override-key4": "catalog-override-key4",
}


@contextmanager
def serving(root: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PHLO_PROJECT_DIR": str(root),
        "PHLO_API_TOKEN": TOKEN,
        "PHLO_CATALOG_PROPERTIES": json.dumps(PROPERTIES),
        "PHLO_CATALOG_LOCATIONS": '["/tmp"]',  # where the kit puts tables with a place of their own
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "phlo_api", "--port", str(port)], env=os.environ | environ
    )
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/api/v1/healthz", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "phlo-api ended by itself"
                assert time.monotonic() < end, "phlo-api does not answer"
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/iceberg/main"
    finally:
        process.terminate()
        process.wait(20)


def test_every_test_of_iceberg_passes(tmp_path: Path) -> None:
    if shutil.which("mvn") is None:
        pytest.skip("mvn is not on PATH: apt install maven, or brew install maven")
    root, kit = tmp_path / "lake", tmp_path / "kit"
    root.mkdir()
    servers = ("nessie", "minio", "seaweedfs")
    off = f"services: {{{', '.join(f'{name}: {{enabled: false}}' for name in servers)}}}"
    (root / "phlo.yaml").write_text(f"name: kit\n{off}\n")
    shutil.copytree(KIT, kit)
    with serving(root) as uri:
        arguments = f"-Dlake.uri={uri} -Dlake.token={TOKEN}"
        done = subprocess.run(
            ["mvn", "-B", "-q", "test", f"-DargLine={arguments}"],
            cwd=kit, check=False, capture_output=True, text=True,
        )  # fmt: skip
    reports = list((kit / "target" / "surefire-reports").glob("TEST-*.xml"))
    assert reports, done.stdout[-3000:]
    cases = [case for file in reports for case in ET.parse(file).getroot().iter("testcase")]
    failed = {
        case.attrib["name"]
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    }
    passed = [case for case in cases if case.find("skipped") is None]
    assert failed == set(), done.stdout[-5000:]
    assert len(passed) >= 92
