"""What happens in the test of the main job: who complains, who acts, and what everybody can see afterwards."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from stdnum import luhn
from stdnum.cn import ric

from deploy.local.feed import deliver_mail, sample_submissions
from deploy.local.hotline import POLICY
from deploy.local.stack import Stack
from shared.policy import Policy
from shared.principal import Role
from shared.topics import all_topics
from tests.whole_stack import until, until_at_rest

_OF_EACH = 30

# A reporter whom nobody but the vault may know, and whose numbers also stand in the text. All of it is invented.
_NAME = "测试用户金丝雀"
_PHONE = "13800009977"
_EMAIL = "canary@mail.example"
_ADDRESS = "试验路九十九号"
_ID_NUMBER = "61092719010808997"
_ID_NUMBER += ric.calc_check_digit(_ID_NUMBER)
_BANK_CARD = "622200000000000997"
_BANK_CARD += luhn.calc_check_digit(_BANK_CARD)
_PLATE = "陕G0K997"
CANARIES = (_NAME, _PHONE, _EMAIL, _ADDRESS, _ID_NUMBER, _BANK_CARD, _PLATE)

_CANARY_TEXT = (
    f"小区楼下的路灯坏了半个月没有人修。我的电话是{_PHONE}，身份证号{_ID_NUMBER}，"
    f"误工费请打到卡{_BANK_CARD}，被撞坏的车是{_PLATE}。"
)
CANARY_REPORTER = {
    "name": _NAME,
    "phone": _PHONE,
    "id_number": _ID_NUMBER,
    "email": _EMAIL,
    "address": _ADDRESS,
}
_REPLY = f"您好，路灯已经修复，如再损坏请联系{_PHONE}。感谢您的监督。"


@dataclass(frozen=True, slots=True)
class Fed:
    """The intake's answers, in the order of what was submitted."""

    singly: Sequence[Mapping[str, Any]]
    # The first line was unreadable, the last one the second once more.
    lines: Sequence[Mapping[str, Any]]
    # The portal's first complaint, submitted by the line and then once more alone.
    again: Mapping[str, Any]
    canary: Mapping[str, Any]
    # The same reporter's complaints on the other channels that answer over HTTP.
    canaries: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Acted:
    """What the reporter was told before the department acted, after it acknowledged and after it replied."""

    looked_up: Sequence[Mapping[str, Any]]
    # The complaint that was answered, and one that was acknowledged and then left lying.
    answered: str
    only_acknowledged: str


def submissions(channel: str) -> list[dict[str, Any]]:
    """The first of the sample's complaints of this channel, each once."""
    different = {one["external_id"]: one for one in sample_submissions() if one["channel"] == channel}
    return list(different.values())[:_OF_EACH]


async def feed(stack: Stack) -> Fed:
    """Complain on every channel and wait until everything has come to rest."""
    deliver_mail(stack.spool)
    _deliver_canary_mail(stack)
    await asyncio.to_thread(_import_canary_export, stack)
    words = {"external_id": "canary", "kind": "complaint", "text": _CANARY_TEXT, "reporter": CANARY_REPORTER}
    canary = words | {"channel": "hotline_12345"}
    at_desks = [
        words | {"channel": "service_center", "clerk": "zw-03"},
        words | {"channel": "department_line", "clerk": "12", "received_by": "ecology-environment"},
    ]
    as_adapter = stack.issuer.headers(Role.ADAPTER)
    async with httpx.AsyncClient(base_url=stack.intake.url, headers=as_adapter, timeout=60) as client:
        *singly, canary_answer = await asyncio.gather(
            *(_submit(client, one) for one in [*submissions("hotline_12345"), canary])
        )
        canaries = [await _submit(client, one) for one in at_desks]
        citizens = await client.post("/v1/portal/complaints", json=words | {"channel": "web_portal"})
        canaries.append(citizens.raise_for_status().json())
        by_web = submissions("web_portal")
        written = [json.dumps(one, ensure_ascii=False) for one in by_web]
        response = await client.post("/v1/complaints:batch", content="\n".join(["{", *written, written[0]]))
        again = await _submit(client, by_web[0])
    await until_at_rest(stack)
    return Fed(singly, [json.loads(line) for line in response.text.splitlines()], again, canary_answer, canaries)


def _import_canary_export(stack: Stack) -> None:
    """The same reporter's question on the Q&A platform, as its clerk imports it."""
    columns = "问政编号,标题,问政内容,涉及地区,发布时间,问政类型,公开方式,网民姓名,联系电话"
    row = f"WZ2026119977,路灯坏了,{_CANARY_TEXT},城关镇,2026-11-03 08:12:45,投诉,公开,{_NAME},{_PHONE}"
    export = stack.spool.parent / "canary.csv"
    export.write_text(f"{columns}\n{row}\n", encoding="utf-8")
    platform = POLICY / "platforms" / "wenzheng.yaml"
    report = export.with_suffix(".report.csv")
    stack.intake.run("import", str(export), "--platform", str(platform), "--report", str(report))


async def act(stack: Stack, fed: Fed) -> Acted:
    """Let one department answer its case, step by step, and another one do no more than acknowledge."""
    answer, other = fed.singly[0], fed.singly[1]
    async with (
        httpx.AsyncClient(base_url=stack.intake.url, timeout=60) as intake,
        httpx.AsyncClient(base_url=stack.tracker.url, timeout=60) as tracker,
    ):

        async def look_up() -> dict[str, Any]:
            query = {"query_code": answer["query_code"]}
            response = await intake.get(f"/v1/complaints/{answer['ticket_number']}", params=query)
            return dict(response.raise_for_status().json())

        async def until_told(status: str) -> dict[str, Any]:
            async def told() -> bool:
                return bool((await look_up())["status"] == status)

            await until(told, f"the reporter is told {status}")
            return await look_up()

        before = await look_up()
        await _act(stack, tracker, answer["complaint_id"], "acknowledge")
        acknowledged = await until_told("in_progress")
        await _act(stack, tracker, answer["complaint_id"], "reply", text=_REPLY)
        replied = await until_told("replied")
        await _act(stack, tracker, other["complaint_id"], "acknowledge")
    await until_at_rest(stack)
    return Acted([before, acknowledged, replied], answer["complaint_id"], other["complaint_id"])


async def read_topics(stack: Stack, policy: Policy) -> list[ConsumerRecord[bytes, bytes]]:
    """Every record of every topic of the county, the dead-letter topics included, as any consumer would read it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.broker.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic.name, number)
            for topic in all_topics(policy.departments)
            for number in range(topic.partitions)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[ConsumerRecord[bytes, bytes]] = []
        async with asyncio.timeout(60):
            while len(records) < sum(ends.values()):
                batches = await consumer.getmany(timeout_ms=1000)
                records += [record for batch in batches.values() for record in batch]
    finally:
        await consumer.stop()
    return records


async def _submit(client: httpx.AsyncClient, submission: Mapping[str, Any]) -> dict[str, Any]:
    response = await client.post("/v1/complaints", json=submission)
    return dict(response.raise_for_status().json())


async def _act(stack: Stack, client: httpx.AsyncClient, case: str, action: str, **more: str) -> None:
    as_operator = stack.issuer.headers(Role.OPERATOR)
    seen = (await client.get(f"/v1/cases/{case}", headers=as_operator)).raise_for_status().json()
    as_officer = stack.issuer.headers(Role.OFFICER, seen["department"])
    body = {"version": seen["version"], **more}
    (await client.post(f"/v1/cases/{case}/{action}", json=body, headers=as_officer)).raise_for_status()


def _deliver_canary_mail(stack: Stack) -> None:
    mail = EmailMessage()
    mail["From"] = f"{_NAME} <{_EMAIL}>"
    mail["To"] = "duchashi@zhenping.example"
    mail["Subject"] = f"路灯坏了，电话{_PHONE}"
    mail["Message-ID"] = "<0997.2026@mail.example>"
    mail.set_content(_CANARY_TEXT)
    partial = stack.spool / "canary.partial"
    partial.write_bytes(mail.as_bytes())
    partial.rename(stack.spool / "canary.eml")
