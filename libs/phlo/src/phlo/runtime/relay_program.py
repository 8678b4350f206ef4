"""A program of its own: listens at an address, and hands on to the same ports of 127.0.0.1.

Run as `python -I -S relay_program.py ADDRESS PORT...`; standard library only.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

_BLOCK = 64 * 1024
#: Connections at once, for each port; more have to wait.
_MOST = 512


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on one direction to its end, at the pace of who takes it."""
    with suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _serve(address: str, port: int) -> None:
    free = asyncio.Semaphore(_MOST)

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with free:
            try:
                there = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            try:
                await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))
            finally:
                there[1].close()
                writer.close()

    server = await asyncio.start_server(hand_on, address, port)
    print(f"relays {address}:{port} to 127.0.0.1:{port}", flush=True)
    await server.serve_forever()


async def _main(address: str, ports: list[int]) -> None:
    await asyncio.gather(*(_serve(address, port) for port in ports))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(sys.argv[1], [int(port) for port in sys.argv[2:]]))
