"""The bare inserts: the rows that the intake writes, straight with asyncpg into the same tables, made beforehand."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import uvloop
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import bare_rows
from deploy.local.hotline import POLICY
from services.intake import acceptance_store, store
from services.intake.channels.submission import SUBMISSION
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Identity, Keyring, seal
from services.intake.received import received_message
from services.intake.ticket import ticket_number
from shared import outbox
from shared.policy_files import load_policy

BATCH = 1000


def run_bare_inserts(url: str, bodies: Sequence[bytes]) -> float:
    """Insert complaints, identities, traces and outgoing events, `BATCH` complaints a transaction; per second."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return len(bodies) / process.submit(_run, url, bodies).result()


def _run(url: str, bodies: Sequence[bytes]) -> float:
    return uvloop.run(_insert(url, bodies))


async def _insert(url: str, bodies: Sequence[bytes]) -> float:
    connection = await asyncpg.connect(url)
    index = BlindIndex(AESGCM.generate_key(256))
    entries = _entries(bodies, index, await acceptance_store.next_ticket_sequences(connection, len(bodies)))
    messages = [received_message(entry) for entry in entries]
    started = time.perf_counter()
    for at in range(0, len(entries), BATCH):
        async with connection.transaction():
            await bare_rows.insert_complaints(connection, entries[at : at + BATCH])
            await bare_rows.insert_sealed(connection, entries[at : at + BATCH], index.fingerprint)
            await outbox.append(connection, messages[at : at + BATCH])
    seconds = time.perf_counter() - started
    # Nobody carries these away.
    await connection.execute("TRUNCATE outbox")
    await connection.close()
    return seconds


def _entries(bodies: Sequence[bytes], index: BlindIndex, numbers: Sequence[int]) -> list[store.Entry]:
    policy = load_policy(POLICY)
    county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
    keyring = Keyring({"bench": AESGCM.generate_key(256)}, "bench")
    now = datetime.now(UTC)
    entries = []
    for number, body in zip(numbers, bodies, strict=True):
        complaint = SUBMISSION.validate_json(body).to_complaint(county)
        complaint_id = uuid4()
        sealed = seal(keyring, Identity(complaint.reporter, complaint.original), complaint_id)
        ticket, traces = ticket_number(now.date(), number), index.traces(complaint.reporter)
        entries.append(store.Entry(complaint_id, ticket, now, complaint, sealed, traces))
    return entries
