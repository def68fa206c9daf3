"""A department's own system in twenty lines: reads the department's queue and acknowledges (签收) every case in it.

Set KAFKA, DEPARTMENT and PASSWORD, then: python department_consumer.py.
What is refused comes on departments.<code>.refusals.
"""

import asyncio
import json
import os
from datetime import UTC, datetime
from uuid import UUID, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

DEPARTMENT = os.environ["DEPARTMENT"]
BROKER = {
    "bootstrap_servers": os.environ["KAFKA"],
    # SASL_SSL where TLS ends at the broker or at a proxy before it.
    "security_protocol": os.environ.get("PROTOCOL", "SASL_PLAINTEXT"),
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_plain_username": DEPARTMENT,
    "sasl_plain_password": os.environ["PASSWORD"],
}


def attributes(action: str, action_id: UUID) -> list[tuple[str, bytes]]:
    now = datetime.now(UTC).isoformat()
    named = {"specversion": "1.0", "id": str(action_id), "source": "/hotline/department", "type": action, "time": now}
    return [*((f"ce_{name}", value.encode()) for name, value in named.items()), ("content-type", b"application/json")]


async def main() -> None:
    queue = AIOKafkaConsumer(
        f"departments.{DEPARTMENT}.assigned",
        **BROKER,
        group_id=f"{DEPARTMENT}.own-system",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(**BROKER, acks="all", enable_idempotence=True)
    async with queue, producer:
        async for record in queue:
            case = json.loads(record.value)
            # With a lead named, the department only helps: it contributes, and the lead acknowledges.
            if not case.get("lead"):
                # The same assignment gives the same id, so that what is sent twice is carried out once.
                action_id = uuid5(UUID(dict(record.headers)["ce_id"].decode()), "acknowledge")
                await producer.send_and_wait(
                    f"departments.{DEPARTMENT}.actions",
                    json.dumps({"complaint_id": case["complaint_id"]}).encode(),
                    key=record.key,
                    headers=attributes("hotline.department_action.acknowledge.v1", action_id),
                )
            await queue.commit()


if __name__ == "__main__":
    asyncio.run(main())
