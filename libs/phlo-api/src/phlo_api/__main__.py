"""`python -m phlo_api`: serve one project on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from phlo.errors import PhloError


def main() -> int:
    """Serve until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="phlo_api", description=__doc__)
    parser.add_argument("--host", default=os.environ.get("PHLO_API_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PHLO_API_PORT", "4000")))
    parser.add_argument("--openapi", type=Path, help="write the OpenAPI document and end")
    options = parser.parse_args()
    if options.openapi:
        from phlo_api.app import bare_app

        text = json.dumps(bare_app().openapi(), indent=1, sort_keys=True) + "\n"
        options.openapi.write_text(text, encoding="utf-8")
        return 0
    try:
        _serve(options.host, options.port)
    except PhloError as error:
        sys.stderr.write(f"error[{error.code}]: {error.message}\n   = fix: {error.fix.text}\n")
        return int(error.exit_code)
    return 0


def _serve(host: str, port: int) -> None:
    import uvicorn

    from phlo.project import Project
    from phlo_api.app import create_app
    from phlo_api.settings import Settings

    project = Project.open(os.environ.get("PHLO_PROJECT_DIR"))
    settings = Settings.from_environ(os.environ, project.root)
    # What is proxied comes from Observatory, on this machine: its headers say nothing of interest.
    uvicorn.run(
        create_app(project, settings),
        host=host,
        port=port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    raise SystemExit(main())
