"""Starting processes: what changed is stopped and started anew, the rest keeps its pid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.model.status import ServiceState
from phlo.runtime.native import definitions, order, recover, states, stopping
from phlo.runtime.native.client import ALREADY_STARTED
from phlo.runtime.progress import ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.runtime.native.client import Client
    from phlo.runtime.native.daemon import Daemon
    from phlo.runtime.native.definitions import Definition
    from phlo.runtime.native.place import Place
    from phlo.runtime.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Started:
    """What a start did."""

    started: tuple[str, ...] = ()
    """These did not run."""
    restarted: tuple[str, ...] = ()
    """These ran otherwise, or not well."""
    unchanged: tuple[str, ...] = ()
    """These run on, untouched."""
    removed: tuple[str, ...] = ()
    """These are no longer part of the project."""

    @property
    def names(self) -> tuple[str, ...]:
        """All that are to run now."""
        return (*self.started, *self.restarted, *self.unchanged)


def bring_up(
    place: Place,
    daemon: Daemon,
    wanted: Mapping[str, Definition],
    names: Iterable[str] | None,
    on_progress: OnProgress,
) -> Started:
    """Make the project's processes those that are wanted; to be called under the project's lock.

    Args:
        place: The project's files.
        daemon: Its supervisord.
        wanted: The definitions of all its processes.
        names: Those to be started, with what they need; None for all, and then what is not wanted
            any more is stopped and forgotten.
        on_progress: Told what is stopped.
    """
    client = daemon.client()
    if client is None:
        recover.recover(place)
    known = definitions.read(place)
    chosen = order.with_needs(wanted if names is None else names, wanted)
    gone = [name for name in known if name not in wanted] if names is None else []
    running = client.running() if client else {}
    stale = [n for n in chosen if running.get(n) and not _is_as_wanted(place, n, wanted[n])]
    fresh = [name for name in chosen if not running.get(name)]
    if client and (ending := [*stale, *gone]):
        stopping.stop(client, ending, known, on_progress)
    for name in gone:
        place.forget(name)
    for name in [*stale, *fresh]:
        definitions.write(place, wanted[name])
        states.forget(place, name)
    client = _with_configuration(place, daemon, client)
    for name in [*stale, *fresh]:
        _start(client, place, name, wanted)
    same = [name for name in chosen if name not in stale and name not in fresh]
    return Started(tuple(fresh), tuple(stale), tuple(same), tuple(gone))


def _start(client: Client, place: Place, name: str, wanted: Mapping[str, Definition]) -> None:
    if client.tell("startProcess", name, False, unless=(ALREADY_STARTED,)):
        return
    # It was between two tries after a crash, and supervisord was faster, maybe by what it was told
    # before: a stop and a start are sure.
    stopping.stop(client, [name], wanted, ignore)
    states.forget(place, name)
    client.tell("startProcess", name, False, unless=(ALREADY_STARTED,))


def _with_configuration(place: Place, daemon: Daemon, client: Client | None) -> Client:
    told = definitions.read(place)
    is_changed = daemon.write({name: float(one["stop_grace"]) for name, one in told.items()})
    if client is None:
        return daemon.start()
    if is_changed:
        daemon.reload(client)
    return client


def _is_as_wanted(place: Place, name: str, wanted: Definition) -> bool:
    """Whether a running process is what is wanted, and runs well enough to be left alone."""
    state = states.read(place, name)
    ill = (ServiceState.CRASHED, ServiceState.FAILED, ServiceState.UNHEALTHY, ServiceState.STOPPED)
    return state.digest == wanted["digest"] and state.present not in ill
