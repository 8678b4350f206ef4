"""`python -m phlo_observatory`: serve the interface on this machine."""

from __future__ import annotations

import argparse
import os


def main() -> int:
    """Serve until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="phlo_observatory", description=__doc__)
    parser.add_argument("--host", default=os.environ.get("OBSERVATORY_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("OBSERVATORY_PORT", "3001")))
    options = parser.parse_args()
    import uvicorn

    from phlo_observatory.app import create_app

    uvicorn.run(
        create_app(os.environ.get("PHLO_API_URL", "http://127.0.0.1:4000")),
        host=options.host,
        port=options.port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
