"""Asking supervisord: XML-RPC over its socket, every answer within a time."""

from __future__ import annotations

import http.client
import socket
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from phlo.errors.service import SupervisorFailed

#: The answers of supervisord that say what was asked for is so already.
SHUTTING_DOWN, BAD_NAME, ALREADY_STARTED, NOT_RUNNING, ALREADY_ADDED = 6, 10, 60, 70, 90
_TIMEOUT = 10.0


class Client:
    """One supervisord, reached anew for every call: a failed connection spoils its proxy."""

    def __init__(self, path: str, log: str) -> None:
        self.path = path
        self.log = log

    def is_there(self) -> bool:
        """Whether something listens at the socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(self.path)
            except OSError:
                return False
        return True

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of supervisord's.

        Raises:
            SupervisorFailed: It does not answer.
            Fault: It refuses.
        """
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self.path}")
        transport._get_connection = lambda: _Connection(self.path)
        try:
            with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise SupervisorFailed(f"does not answer: {error}", log=self.log) from error

    def tell(self, method: str, *arguments: Any, unless: tuple[int, ...] = ()) -> bool:
        """Call a method; False if supervisord says by one of these faults that it is so already.

        Raises:
            SupervisorFailed: It does not answer, or refuses for another reason.
        """
        try:
            self.ask(method, *arguments)
        except Fault as fault:
            if fault.faultCode in unless:
                return False
            raise SupervisorFailed(
                f"refused {method}: {fault.faultString}", log=self.log
            ) from fault
        return True

    def running(self) -> dict[str, bool]:
        """Return the processes that supervisord knows, and whether each one's shim runs."""
        states = self.ask("getAllProcessInfo")
        return {one["name"]: one["statename"] in _ALIVE for one in states}


_ALIVE = ("STARTING", "RUNNING", "STOPPING", "BACKOFF")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(self.path)
