"""Canary identities through all that reads, searches, rotates and erases the vault: they are seen nowhere else."""

import base64
import os
from datetime import timedelta

import httpx
import pytest
from prometheus_client import generate_latest

from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.retention import Retention
from services.intake.identity.rotating import rotate
from services.intake.identity.vault import Keyring
from shared.events import CaseClosed
from shared.language import CaseStatus
from shared.policy import Policy
from shared.postgres import Pool
from shared.principal import Role
from tests.examples import NOW
from tests.integration.reporters import event, follow, opened, submit
from tests.integration.test_acceptance import CANARY, CANARY_TEXT, everything_stored, words_of_the_canary
from tests.tokens import bearer

NOTE = f"{CANARY['phone']} {CANARY['id_number']} {CANARY['email']}"


async def use_everything(intake: httpx.AsyncClient) -> list[str]:
    """What is answered to those who may not know the canary."""
    told = []
    for number, confidentiality in enumerate(("named", "confidential", "anonymous")):
        for channel in ("hotline_12345", "web_portal"):
            answer = await submit(
                intake,
                f"A-{number}",
                channel=channel,
                text=CANARY_TEXT,
                reporter=CANARY,
                confidentiality=confidentiality,
            )
            told.append(str(answer))
            path = f"/v1/complaints/{answer['ticket_number']}/reporter"
            for role, purpose in ((Role.SUPERVISOR, "supervision"), (Role.OPERATOR, "callback")):
                await intake.post(path, json={"purpose": purpose, "note": NOTE}, headers=bearer(role))
            for role in (Role.CLERK, Role.ADAPTER, Role.ADMINISTRATOR):
                asked = {"purpose": CANARY["phone"] if role is Role.ADAPTER else "callback", "note": NOTE}
                told.append((await intake.post(path, json=asked, headers=bearer(role))).text)
    for typed in (
        {"phone": CANARY["phone"], "text": CANARY_TEXT},
        {"id_number": CANARY["id_number"]},
        {"phone": CANARY["name"]},
        {"phone": CANARY["phone"], "name": CANARY["name"]},
        {"phone": CANARY["phone"] * 9},
    ):
        found = await intake.post("/v1/complaints:similar", json=typed, headers=bearer(Role.OPERATOR))
        told.append(found.text)
    told.append((await intake.get("/v1/vault-reads", headers=bearer(Role.SUPERVISOR))).text)
    told.append((await intake.get("/v1/number-lookups", headers=bearer(Role.SUPERVISOR))).text)
    return told


async def test_identities_are_seen_in_no_table_no_event_no_answer_no_log_and_no_metric(
    intake: httpx.AsyncClient,
    intake_pool: Pool,
    keyring: Keyring,
    blind_index: BlindIndex,
    policy: Policy,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    told = await use_everything(intake)
    complaints = [row[0] for row in await intake_pool.fetch("SELECT complaint_id FROM complaints")]
    await follow(intake_pool, *map(opened, complaints))
    before = await everything_stored(intake_pool)
    unknown = Keyring({"unknown": os.urandom(32)}, "unknown")
    await rotate(intake_pool, unknown, blind_index)
    await rotate(intake_pool, keyring, BlindIndex(os.urandom(32)))
    long_ago = NOW - policy.retention - timedelta(days=400)
    await follow(intake_pool, *(event(CaseClosed, each, 2, CaseStatus.CLOSED, at=long_ago) for each in complaints[:3]))
    assert await Retention(intake_pool, lambda: policy).anonymize() == 3
    logged = capfd.readouterr()
    places = {
        "tables and events": before + await everything_stored(intake_pool),
        "answers": "\n".join(told),
        "logs": logged.out + logged.err + caplog.text,
        "metrics": generate_latest().decode(),
    }
    seen = [(place, word) for place, text in places.items() for word in words_of_the_canary() if word in text]
    assert seen == []
    # Neither is a trace or a key, from which a number could be tried out.
    traces = {row[0].hex() for row in await intake_pool.fetch("SELECT trace FROM blind_index")}
    assert traces
    elsewhere = "\n".join(text for place, text in places.items() if place != "tables and events")
    assert [trace for trace in traces if trace in elsewhere] == []
    assert base64.b64encode(blind_index.fingerprint).decode() not in elsewhere
