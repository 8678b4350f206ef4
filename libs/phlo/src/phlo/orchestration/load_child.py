"""The process that imports workflow files: whatever they do ends here.

It writes what it does, line by line, into a file, so that nothing that is printed is mistaken for
an answer, and so that its parent knows which file it was at when it died.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from phlo.assets.finder import prepare
from phlo.orchestration.load import Workflows, load_file


def main() -> None:
    """Read the files that the request (one JSON argument) names."""
    request = json.loads(sys.argv[1])
    workflows = Workflows(
        Path(request["root"]), request["folder"], request["dialect"], request["engine_dialect"]
    )
    sys.argv = [""]
    prepare(workflows.root, workflows.path)
    with Path(request["journal"]).open("a", encoding="utf-8") as journal:
        for file in request["files"]:
            print(json.dumps({"begins": file}), file=journal, flush=True)
            result = load_file(workflows, file).as_json()
            print(
                json.dumps({"ends": file, "result": result}, default=str), file=journal, flush=True
            )
    sys.stdout.flush()
    os._exit(0)  # threads that a file left running are no reason to wait


if __name__ == "__main__":
    main()
