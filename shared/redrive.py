"""Give what could not be processed another try, after its cause is mended."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.topics import dead

_PATIENCE_SECONDS = 30.0


async def redrive(bootstrap_servers: Sequence[str], topic: str) -> int:
    """Publish every record of the dead-letter topic of `topic` that was not redriven yet to where it came from.

    Returns how many there were. What is buried again meanwhile is left for the next time. A crash in between publishes
    some twice; the consumers' inboxes drop them. Raises TimeoutError where Kafka does not answer, and
    LookupError where there is no such topic.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(bootstrap_servers),
        group_id="hotline.redrive",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=list(bootstrap_servers), acks="all", enable_idempotence=True)
    count = 0
    async with consumer, producer:
        if dead(topic) not in await consumer.topics():
            raise LookupError(
                f"there is no topic {dead(topic)}; name the topic it came from, as in complaints.received"
            )
        # A dead-letter topic has one partition (shared.topics).
        partition = TopicPartition(dead(topic), 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        while (position := await consumer.position(partition)) < end:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                batch = await consumer.getmany(timeout_ms=1000, max_records=end - position)
                for record in batch.get(partition, ()):
                    headers = [(name, value) for name, value in record.headers if not name.startswith("dead_")]
                    await producer.send_and_wait(topic, record.value, key=record.key, headers=headers)
                    count += 1
            await consumer.commit()
    return count
