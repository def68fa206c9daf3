"""Load on the intake's HTTP API from one process, cheap enough to leave the cores to what is measured."""

import asyncio
import gc
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from deploy.local.feed import sample_submissions
from deploy.local.ports import LOOPBACK


def submissions(run: str) -> Iterator[bytes]:
    """Endless submissions made of the sample complaints, each with an external id and a reporter of its own.

    Otherwise each but the first 588 would be found to be a repeat, which a few in a hundred are in life.
    """
    sample = sample_submissions()
    for number, one in enumerate(itertools.cycle(sample)):
        own: dict[str, Any] = {"external_id": f"{run}-{number}"}
        if one.get("reporter"):
            # 140 is nobody's: no operator has these numbers.
            own["reporter"] = one["reporter"] | {"phone": f"140{number % 10**8:08d}"}
        yield json.dumps(one | own, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Door:
    """Where the intake listens, and the token of an adapter, who may submit for every channel."""

    port: int
    token: str


@dataclass(slots=True)
class Posted:
    """How long it took until all was answered and, in order of the answers, how long each answer took; in seconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Connection:
    """A kept-alive HTTP/1.1 connection that can do nothing but POST."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n".encode()

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Post `body` and return status and answer."""
        self._writer.write(b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n" % (path.encode(), self._head, len(body)))
        self._writer.write(body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        headers = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if line)
        if b"content-length" in headers:
            return status, await self._reader.readexactly(int(headers[b"content-length"]))
        return status, b"".join([chunk async for chunk in self._chunks()])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()


@asynccontextmanager
async def connections(door: Door, count: int) -> AsyncIterator[list[Connection]]:
    opened = [await asyncio.open_connection(LOOPBACK, door.port, limit=1 << 24) for _ in range(count)]
    try:
        yield [Connection(reader, writer, door.token) for reader, writer in opened]
    finally:
        for _, writer in opened:
            writer.close()


async def post_singly(door: Door, bodies: Iterable[bytes], count: int) -> Posted:
    """Post each body alone over `count` connections, as fast as they are accepted."""
    waiting = iter(bodies)
    posted = Posted()

    async def client(connection: Connection) -> None:
        for body in waiting:
            began = time.perf_counter()
            await _one(connection, body)
            posted.latencies.append(time.perf_counter() - began)

    return await _all(door, count, client, posted)


async def post_lines(door: Door, bodies: Sequence[bytes], count: int, lines_each: int) -> Posted:
    """Post the bodies as NDJSON of `lines_each` over `count` connections."""
    batches = (b"\n".join(bodies[at : at + lines_each]) for at in range(0, len(bodies), lines_each))
    posted = Posted()

    async def client(connection: Connection) -> None:
        for batch in batches:
            began = time.perf_counter()
            status, answer = await connection.post("/v1/complaints:batch", batch)
            posted.latencies.append(time.perf_counter() - began)
            if status != 200 or answer.count(b'"status":201') != batch.count(b"\n") + 1:  # noqa: PLR2004
                raise RuntimeError(f"{status}: not every line was accepted")

    return await _all(door, count, client, posted)


async def post_paced(door: Door, bodies: Iterable[bytes], per_second: float, count: int) -> Posted:
    """Post each body at its instant, `per_second` of them, over `count` connections; latency counts from the instant.

    Where all connections are busy a body waits for one, and its latency says so.
    """
    started = time.perf_counter()
    waiting = enumerate(bodies)
    posted = Posted()

    async def client(connection: Connection) -> None:
        for number, body in waiting:
            instant = started + number / per_second
            await asyncio.sleep(max(0.0, instant - time.perf_counter()))
            await _one(connection, body)
            posted.latencies.append(time.perf_counter() - instant)

    return await _all(door, count, client, posted)


async def _one(connection: Connection, body: bytes) -> None:
    status, answer = await connection.post("/v1/complaints", body)
    if status != 201:  # noqa: PLR2004
        raise RuntimeError(f"{status}: {answer.decode()}")


async def _all(door: Door, count: int, client: Callable[[Connection], Awaitable[None]], posted: Posted) -> Posted:
    async with connections(door, count) as opened:
        # Collecting cycles of garbage takes this process 0.1 s, which would count as the intake's.
        gc.disable()
        try:
            started = time.perf_counter()
            await asyncio.gather(*map(client, opened))
            posted.seconds = time.perf_counter() - started
        finally:
            gc.enable()
    return posted
