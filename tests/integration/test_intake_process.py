"""The intake as a process with all its doors open: they are wired, a crash loses nothing, and it stops in order."""

import asyncio
import base64
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.local.hotline import POLICY, HotlineService
from deploy.local.ports import LOOPBACK, free_ports
from services.intake.attachments.attachment_content import MediaType
from services.intake.open311.open311_keys import key_id_of, new_key, parse_digests
from services.intake.platforms.push_signature import sign
from shared.postgres import Pool
from tests.examples import submission
from tests.integration.dovecot import PASSWORD, Dovecot
from tests.tokens import token_settings
from tests.unit.intake.attachments.test_attachment_content import corners, encoded

KEY = os.urandom(32)
PHOTOGRAPH = encoded(corners(), MediaType.JPEG)
API_KEY, ENTRY = new_key("city-app")


@pytest.fixture
def user() -> str:
    return f"p{uuid4().hex[:12]}"


@pytest.fixture
def intake(
    service_urls: dict[str, str], intake_pool: Pool, dovecot: Dovecot, user: str, tmp_path: Path
) -> Iterator[HotlineService]:
    assert intake_pool is not None  # and so its tables are empty
    mailbox = {"name": "supervision", "host": LOOPBACK, "port": dovecot.port, "tls": "none", "user": user}
    mailboxes = tmp_path / "mailboxes.json"
    mailboxes.write_text(json.dumps({"mailboxes": [mailbox | {"password_env": "MAILBOX_PASSWORD"}]}), encoding="utf-8")
    kafka, port = free_ports(2)
    environment = {
        "DATABASE_URL": service_urls["intake"],
        "KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{kafka}",
        "HOTLINE_POLICY_DIR": str(POLICY),
        **token_settings(tmp_path),
        "HOTLINE_VAULT_KEYS": f"test:{base64.b64encode(os.urandom(32)).decode()}",
        "HOTLINE_BLIND_INDEX_KEY": base64.b64encode(os.urandom(32)).decode(),
        "HOTLINE_QUERY_CODE_KEY": base64.b64encode(os.urandom(32)).decode(),
        "HOTLINE_PUSH_KEYS": f"platform:{base64.b64encode(KEY).decode()}",
        "HOTLINE_ATTACHMENTS": str(tmp_path / "attachments"),
        "HOTLINE_OPEN311_KEYS": ENTRY,
        "HOTLINE_MAILBOXES": str(mailboxes),
        "MAILBOX_PASSWORD": PASSWORD,
    }
    service = HotlineService("intake", tmp_path / "state", port, environment)
    with service:
        yield service


async def holds(dovecot: Dovecot, user: str, folder: str, count: int) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(dovecot.count, user, folder) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_it_reads_its_mailboxes_through_a_crash_and_stops_in_order(
    intake: HotlineService, dovecot: Dovecot, user: str, intake_pool: Pool
) -> None:
    mails = [f"Message-ID: <{n}@test>\nSubject: light\n\n第{n}盏路灯不亮。\n".encode() for n in range(200)]
    await asyncio.to_thread(dovecot.deliver, user, *mails[:100])
    await asyncio.to_thread(intake.kill)
    await asyncio.to_thread(dovecot.deliver, user, *mails[100:])
    await asyncio.to_thread(intake.start)
    await holds(dovecot, user, "INBOX", 0)
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == len(mails)
    assert dovecot.count(user, "已登记") == len(mails)
    async with httpx.AsyncClient(base_url=intake.url) as client:
        metrics = (await client.get("/metrics")).text
    assert 'hotline_mailbox_up{mailbox="supervision"} 1.0' in metrics
    process = intake._process  # noqa: SLF001  # how it ended is told nowhere else
    await asyncio.to_thread(intake.stop)
    assert process is not None
    assert process.returncode == 0


async def test_it_takes_what_the_platform_pushes(intake: HotlineService, intake_pool: Pool) -> None:
    path, body = "/v1/pushed/complaints", json.dumps(submission("P-1")).encode()
    timestamp, nonce = str(int(datetime.now(UTC).timestamp())), uuid4().hex
    signed = sign(KEY, method="POST", path=path, timestamp=timestamp, nonce=nonce, body=body)
    headers = {
        "X-Hotline-Key": "platform",
        "X-Hotline-Timestamp": timestamp,
        "X-Hotline-Nonce": nonce,
        "X-Hotline-Signature": signed,
    }
    async with httpx.AsyncClient(base_url=intake.url) as client:
        assert (await client.post(path, content=body, headers=headers)).status_code == 201
        assert (await client.post(path, content=body, headers=headers)).status_code == 409
        assert (await client.post(path, content=body)).status_code == 401
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 1


async def test_an_app_submits_and_its_user_adds_a_photograph_which_no_collector_takes(
    intake: HotlineService, tmp_path: Path
) -> None:
    form = {"api_key": API_KEY, "service_code": "street-lamps", "lat": "31.88", "long": "109.52"}
    async with httpx.AsyncClient(base_url=intake.url) as client:
        [submitted] = (await client.post("/open311/v2/requests.json", data=form)).json()
        [code] = re.findall(r"Query code: (\w+)", submitted["service_notice"])
        files = f"/v1/complaints/{submitted['service_request_id']}/attachments"
        answer = await client.post(files, files={"file": PHOTOGRAPH}, headers={"X-Hotline-Query-Code": code})
        assert answer.status_code == 201
        [stored] = answer.json()["attachments"]
    orphan = tmp_path / "attachments" / "00" / ("00" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"cut short")
    kept = tmp_path / "attachments" / stored["sha256"][:2] / stored["sha256"]
    for file in (orphan, kept):
        os.utime(file, (0, 0))
    done = await asyncio.to_thread(intake.run, "collect-orphans")
    assert done == "seen: 2  removed: 1\n"
    assert (orphan.exists(), kept.exists()) == (False, True)


async def test_a_new_key_is_shown_once_with_the_entry_that_knows_it(intake: HotlineService) -> None:
    shown = await asyncio.to_thread(intake.run, "open311-key", "map-app")
    key, entry = (line.split("\t")[1] for line in shown.splitlines())
    assert key_id_of(parse_digests(entry), key) == "map-app"
    await asyncio.to_thread(intake.run, "open311-key", "No Id", good=(2,))
