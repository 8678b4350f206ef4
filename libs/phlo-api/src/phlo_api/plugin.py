"""The service `phlo-api`, as phlo finds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from phlo.plugins.base import ServicePlugin
from phlo_api.errors import NotAdmitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.plugins.base import Provision


#: What says how a bucket is reached.
STORE = "object-store.s3"


class PhloApiService(ServicePlugin):
    """API: runs, tables, checks and services over HTTP."""

    package = "phlo_api"

    def provision(
        self, host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
    ) -> None:
        """Let each consumer of the Iceberg catalog in by a token of its own.

        The keys that it has of object stores are told, too: by those it shall reach the files.
        """
        for one in wanted:
            body = {
                "name": f"{one.consumer}/{one.role}",
                "token": one.properties["token"],
                "stores": [dict(told.properties) for told in one.others
                           if told.capability == STORE],
            }  # fmt: skip
            request = Request(
                f"http://{host}:{port}/api/v1/catalog/consumers",
                json.dumps(body).encode(),
                {"authorization": f"Bearer {settings['token']}",
                 "content-type": "application/json"},
            )  # fmt: skip
            try:
                urlopen(request, timeout=30).close()
            except OSError as error:
                raise NotAdmitted(one.consumer, str(error)) from error
