"""Real texts through the running stack: each ends at exactly one lead department or the triage desk, with its evidence.

``python -m bench.replay --data FILE --limit 20000``: FILE has lines of JSON with a text; it is only read. Where it
holds fewer texts they come again under other numbers. Prints counts and, at last, PASS or FAIL.
"""

import asyncio
import itertools
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import typer

from bench import load
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.messages import say
from deploy.local.observe import outboxes_are_empty, services_are_ready
from deploy.local.stack import Ports, Stack, start_stack
from shared.auth import Role
from shared.policy import Policy
from shared.policy_files import load_policy

STATE = PROJECT / ".local/replay"
LINES = 500
PATIENCE_SECONDS = 60.0

ACCEPTED = "SELECT complaint_id FROM complaints"
PLACED = "SELECT complaint_id, department, source, reason, evidence, policy_hash FROM decisions WHERE in_force"
CASES = "SELECT complaint_id, department FROM cases"
COUNT_CASES = "SELECT count(*) FROM cases"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the three services hold in the end."""

    accepted: Sequence[UUID]
    placed: Sequence[asyncpg.Record]
    cases: Sequence[asyncpg.Record]

    def faults(self, expected: int, policy: Policy) -> dict[str, int]:
        """How many complaints are wrong in each way; all 0 when every one is where it belongs."""
        times_placed = Counter(row["complaint_id"] for row in self.placed)
        times_opened = Counter(row["complaint_id"] for row in self.cases)
        department = {row["complaint_id"]: row["department"] for row in self.placed}
        return {
            "not accepted": expected - len(self.accepted),
            "not placed exactly once": sum(times_placed[one] != 1 for one in self.accepted),
            "without exactly one case": sum(times_opened[one] != 1 for one in self.accepted),
            "case elsewhere than placed": sum(
                row["department"] != department.get(row["complaint_id"]) for row in self.cases
            ),
            "with no department of the county": sum(row["department"] not in policy.departments for row in self.placed),
            "without a reason": sum(not row["reason"] for row in self.placed),
            "without evidence": sum(not _explained(row, policy) for row in self.placed),
            "under another policy": sum(row["policy_hash"] != policy.hash for row in self.placed),
        }


def _explained(row: asyncpg.Record, policy: Policy) -> bool:
    """Whether words of the text are given; the triage desk may have a text that says nothing."""
    return bool(json.loads(row["evidence"])["words"]) or row["department"] == policy.triage_desk


def main(
    data: Annotated[list[Path], typer.Option(help="Lines of JSON with a text; may be given several times.")],
    limit: Annotated[int, typer.Option(min=1)] = 20_000,
) -> None:
    texts = [json.loads(line)["text"] for path in data for line in path.read_text("utf-8").splitlines() if line.strip()]
    shutil.rmtree(STATE, ignore_errors=True)
    with start_stack(STATE, Ports.free(), require_apache=True) as stack:
        began = time.perf_counter()
        outcome = asyncio.run(_replay(stack, list(itertools.islice(_submissions(texts), limit)), limit))
        seconds = time.perf_counter() - began
    policy = load_policy(POLICY)
    faults = outcome.faults(limit, policy)
    print(f"{limit} complaints of {min(limit, len(set(texts)))} different texts in {seconds:.0f} s")
    for name, counted in (
        ("by", Counter(row["source"] for row in outcome.placed)),
        ("to", Counter(row["department"] for row in outcome.placed)),
    ):
        for what, count in counted.most_common():
            print(f"  {name} {what:<25}{count:>8}  {count / limit:.1%}")
    for fault, count in faults.items():
        print(f"  {fault:<35}{count:>8}")
    passed = not any(faults.values())
    print("PASS" if passed else "FAIL")
    raise typer.Exit(0 if passed else 1)


def _submissions(texts: Sequence[str]) -> Iterator[bytes]:
    run = uuid4().hex
    for number, text in enumerate(itertools.cycle(texts)):
        body: dict[str, Any] = {"channel": "hotline_12345", "kind": "complaint", "text": text}
        yield json.dumps(body | {"external_id": f"{run}-{number}"}, ensure_ascii=False).encode()


async def _replay(stack: Stack, bodies: Sequence[bytes], expected: int) -> Outcome:
    while not await services_are_ready(stack):  # noqa: ASYNC110  # other processes
        await asyncio.sleep(0.1)
    say(f"Replaying {expected} complaints")
    door = load.Door(stack.intake.port, stack.issuer.token(Role.ADAPTER))
    await load.post_lines(door, bodies, 2, LINES)
    tracker = await asyncpg.connect(stack.database_urls["tracker"])
    opened, since = -1, time.monotonic()
    # What does not arrive is a finding, so it is waited for only as long as something else does.
    while opened < expected and time.monotonic() - since < PATIENCE_SECONDS:
        now = await tracker.fetchval(COUNT_CASES)
        if now != opened:
            opened, since = now, time.monotonic()
        await asyncio.sleep(0.2)
    while not await outboxes_are_empty(stack):  # noqa: ASYNC110  # other processes
        await asyncio.sleep(0.1)
    await tracker.close()
    accepted, placed, cases = await asyncio.gather(
        _fetch(stack, "intake", ACCEPTED), _fetch(stack, "router", PLACED), _fetch(stack, "tracker", CASES)
    )
    return Outcome([row["complaint_id"] for row in accepted], placed, cases)


async def _fetch(stack: Stack, service: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(stack.database_urls[service])
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


if __name__ == "__main__":
    typer.run(main)
