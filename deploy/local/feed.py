"""Feeds the sample complaints in as their senders would: over HTTP one by one, by the line, as mail, as an export."""

import asyncio
import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.local.hotline import POLICY
from deploy.local.issuer import Issuer
from deploy.local.stack import Stack
from shared.principal import Role

SAMPLE = Path(__file__).parent / "sample"

_CONNECTIONS = 16


@dataclass(slots=True)
class Fed:
    """What the intake answered: complaint ids that were accepted, and how often it had seen one before."""

    accepted: set[str] = field(default_factory=set)
    resubmitted: int = 0
    refused: int = 0

    def count(self, status: int, answer: dict[str, Any]) -> None:
        match status:
            case 201:
                self.accepted.add(answer["complaint_id"])
            case 200:
                self.resubmitted += 1
            case _:
                self.refused += 1


def sample_submissions() -> list[dict[str, Any]]:
    """The sample complaints as submissions, without what the sample knows of their right department."""
    lines = (SAMPLE / "complaints.ndjson").read_text(encoding="utf-8").splitlines()
    submissions = [json.loads(line) for line in lines]
    return [{name: value for name, value in one.items() if name != "expected"} for one in submissions]


def desk_submissions() -> list[dict[str, Any]]:
    """What the clerks of the service centre and of the departments write down."""
    lines = (SAMPLE / "desks.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def feed(stack: Stack, submissions: Sequence[dict[str, Any]]) -> Fed:
    """Submit the portal's complaints by the line and all others one by one, deliver the mails, import the exports."""
    fed = Fed()
    deliver_mail(stack.spool)
    by_clerks = [one for one in submissions if one["channel"] != "web_portal"] + desk_submissions()
    by_web = [one for one in submissions if one["channel"] == "web_portal"]
    async with httpx.AsyncClient(base_url=stack.intake.url, timeout=60) as client:
        await asyncio.gather(
            submit_each(client, stack.issuer, by_clerks, fed), submit_lines(client, stack.issuer, by_web, fed)
        )
    await asyncio.to_thread(import_exports, stack, fed)
    return fed


def login_for(issuer: Issuer, submission: Mapping[str, Any]) -> dict[str, str]:
    """The token of whoever registers a complaint of this channel."""
    match submission["channel"]:
        case "hotline_12345":
            return issuer.headers(Role.OPERATOR)
        case "service_center":
            return issuer.headers(Role.CLERK)
        case "department_line":
            return issuer.headers(Role.OFFICER, submission["received_by"])
        case _:
            return issuer.headers(Role.ADAPTER)


async def submit_each(
    client: httpx.AsyncClient, issuer: Issuer, submissions: Sequence[dict[str, Any]], fed: Fed
) -> None:
    """Submit one by one over a few connections, again and again while the intake is away."""
    waiting = list(reversed(submissions))

    async def operator() -> None:
        while waiting:
            submission = waiting.pop()
            while True:
                try:
                    headers = login_for(issuer, submission)
                    response = await client.post("/v1/complaints", json=submission, headers=headers)
                except httpx.TransportError:
                    response = None
                if response is not None and response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    break
                await asyncio.sleep(0.2)
            fed.count(response.status_code, response.json())

    await asyncio.gather(*(operator() for _ in range(_CONNECTIONS)))


async def submit_lines(
    client: httpx.AsyncClient, issuer: Issuer, submissions: Sequence[dict[str, Any]], fed: Fed
) -> None:
    """Submit what the portal has gathered, all at once."""
    headers = issuer.headers(Role.ADAPTER) | {"Content-Type": "application/x-ndjson"}
    body = "\n".join(json.dumps(one, ensure_ascii=False) for one in submissions)
    response = await client.post("/v1/complaints:batch", content=body.encode(), headers=headers)
    response.raise_for_status()
    for line in response.text.splitlines():
        answer = json.loads(line)
        fed.count(answer["status"], answer)


def import_exports(stack: Stack, fed: Fed) -> None:
    """Import what the Q&A platform exported, as its clerk does from the command line."""
    platform = POLICY / "platforms" / "wenzheng.yaml"
    for export in sorted((SAMPLE / "platforms").iterdir()):
        report = stack.spool.parent / f"{export.name}.report.csv"
        arguments = ("import", str(export), "--platform", str(platform), "--report", str(report))
        # Status 1 says that rows were refused, as some of the sample must be.
        stack.intake.run(*arguments, good=(0, 1))
        with report.open(encoding="utf-8-sig", newline="") as rows:
            outcomes = [row["outcome"] for row in csv.DictReader(rows)]
        fed.resubmitted += outcomes.count("seen_before")
        fed.refused += outcomes.count("refused")


def deliver_mail(spool: Path) -> None:
    """Put the sample mails into the spool, each complete under its final name."""
    for mail in sorted((SAMPLE / "mail").glob("*.eml")):
        partial = spool / f"{mail.name}.partial"
        shutil.copyfile(mail, partial)
        partial.rename(spool / mail.name)
