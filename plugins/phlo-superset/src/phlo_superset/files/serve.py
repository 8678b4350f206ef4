"""Prepare Superset, then become its server: serve.py HOST PORT [--datasets]."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run the preparation to its end, and serve."""
    host, port, *options = sys.argv[1:]
    subprocess.run([sys.executable, str(HERE / "bootstrap.py")], check=True)
    if "--datasets" in options:
        own = {"PHLO_SUPERSET_PORT": port}
        subprocess.Popen([sys.executable, str(HERE / "watch.py")], env=os.environ | own)
    command = [
        "gunicorn",
        "--bind",
        f"{host}:{port}",
        "--workers",
        "1",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--timeout",
        "120",
        "--no-control-socket",
        "superset.app:create_app()",
    ]
    os.execv(sys.executable, [sys.executable, "-m", *command])


if __name__ == "__main__":
    main()
