"""The project itself, and whether all is well."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response

from phlo_api import times
from phlo_api.capabilities import capabilities
from phlo_api.context import Context
from phlo_api.models.meta import Capabilities, Health, Meta, Readiness
from phlo_api.sources import reason

router = APIRouter(tags=["meta"])


@router.get("/meta")
def get_meta(context: Context) -> Meta:
    """The project and the program that answers."""
    config = context.workspace.project.config
    return Meta(
        project=config.name,
        description=config.description,
        root=str(context.workspace.root),
        version=version("phlo-api"),
        time=times.now(),
    )


@router.get("/healthz")
def get_healthz() -> Health:
    """Whether the program runs."""
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness}})
def get_readyz(context: Context, response: Response) -> Readiness:
    """Whether the program can read the store and the lake."""
    space = context.workspace
    parts: dict[str, str] = {}
    checks: dict[str, Any] = {
        "store": lambda: space.store.last_event(),
        "lake": lambda: space.locations("main"),
    }
    for name, check in checks.items():
        try:
            check()
            parts[name] = "ok"
        except Exception as error:
            parts[name] = reason(error)
    is_ready = all(one == "ok" for one in parts.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(status="ok" if is_ready else "not ready", parts=parts)


@router.get("/capabilities")
def get_capabilities(context: Context) -> Capabilities:
    """What this project can do, and which package gives what is missing."""
    return capabilities(context.workspace)
