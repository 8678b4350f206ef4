"""Look now and then which tables the lake has; new ones become datasets.

Superset is loaded only when there is something new: this process itself stays small.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import phlo_lake

_EVERY = float(os.environ.get("PHLO_DATASETS_EVERY", "20"))
_AGAIN = 60


def main() -> None:
    """Look until the process is ended."""
    known: list[str] = []
    while True:
        # Before it serves, its own tables may be half made.
        found = tables() if is_served(os.environ["PHLO_SUPERSET_PORT"]) else []
        if set(found) - set(known):
            if register(found):
                known = found
            else:
                time.sleep(_AGAIN)
        time.sleep(_EVERY)


def is_served(port: str) -> bool:
    """Tell whether Superset answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def tables() -> list[str]:
    """Return the names of the namespace's tables; none where the catalog does not answer."""
    url = phlo_lake.told("CATALOG", "URL")
    namespace = os.environ.get("SUPERSET_NAMESPACE", "marts")
    if not url:
        return []
    headers = {"Authorization": f"Bearer {phlo_lake.told('CATALOG', 'TOKEN')}"}
    try:
        warehouse = quote(phlo_lake.told("CATALOG", "WAREHOUSE") or "main", safe="")
        config = _get(f"{url}/v1/config?warehouse={warehouse}", headers)
        said = {**config.get("defaults", {}), **config.get("overrides", {})}
        place = f"{url}/v1/{said['prefix']}" if said.get("prefix") else f"{url}/v1"
        found = _get(f"{place}/namespaces/{quote(namespace, safe='')}/tables", headers)
        return sorted(one["name"] for one in found["identifiers"])
    except (OSError, ValueError, KeyError):
        return []


def register(names: list[str]) -> bool:
    """Have the datasets made; tell whether they are."""
    program = Path(__file__).parent / "datasets.py"
    return subprocess.run([sys.executable, str(program), *names], check=False).returncode == 0


def _get(url: str, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        value: dict[str, Any] = json.load(answer)
    return value


if __name__ == "__main__":
    main()
