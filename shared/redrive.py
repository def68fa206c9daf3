"""Give what could not be processed another try, after its cause is mended."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.topics import dead

_IDLE_MILLISECONDS = 3000


async def redrive(bootstrap_servers: Sequence[str], topic: str) -> int:
    """Publish every record of the dead-letter topic of `topic` that was not redriven yet to where it came from.

    Returns how many there were. A crash in between publishes some twice; the consumers' inboxes drop them.
    """
    consumer = AIOKafkaConsumer(
        dead(topic),
        bootstrap_servers=list(bootstrap_servers),
        group_id="hotline.redrive",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=list(bootstrap_servers), acks="all", enable_idempotence=True)
    count = 0
    async with consumer, producer:
        while batch := await consumer.getmany(timeout_ms=_IDLE_MILLISECONDS):
            for records in batch.values():
                for record in records:
                    headers = [(name, value) for name, value in record.headers if not name.startswith("dead_")]
                    await producer.send_and_wait(topic, record.value, key=record.key, headers=headers)
                    count += 1
            await consumer.commit()
    return count
