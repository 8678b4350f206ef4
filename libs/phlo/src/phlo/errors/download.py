"""PHLO-N72x: programs that are fetched for local processes."""

from __future__ import annotations

from phlo.errors.network import NetworkError


class DownloadFailed(NetworkError):
    """The program of a service cannot be fetched from its Maven repository.

    Programs without a wheel are fetched once per user. Nothing half-fetched is ever used: the next
    start begins again.
    """

    code = "PHLO-N720"

    def __init__(self, service: str, artifact: str, problem: str) -> None:
        first = " ".join(problem.split())[:300]
        super().__init__(
            f"'{service}' needs {artifact}, which cannot be fetched: {first}",
            why="its local process runs a program that phlo fetches once and keeps for this user",
            fix=f"see to the network or the disk and start again, run it in Docker "
            f"(services.{service}.runtime: docker), or name a folder that has the program "
            f"(services.{service}.settings.home)",
        )


class WrongChecksum(NetworkError):
    """What was fetched for a service is not what its package pins."""

    code = "PHLO-N721"

    def __init__(self, service: str, artifact: str, *, wanted: str, found: str) -> None:
        super().__init__(
            f"{artifact}, fetched for '{service}', has the SHA-256 {found}, not {wanted}",
            why="a mirror serves another file, or it was changed on its way; it was thrown away",
            fix="start again; if it stays so, report it to whoever serves the file to you",
        )
