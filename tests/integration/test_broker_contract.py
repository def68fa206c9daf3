"""What Hotline expects of a broker, asked of Apache Kafka and of its stand-in alike."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from deploy.local.kafka import ApacheKafka
from deploy.local.ports import free_ports
from deploy.local.standin import StandIn
from tests.integration.brokers import (
    PATIENCE_SECONDS,
    TestedBroker,
    admin,
    consuming,
    create_topic,
    new_name,
    numbered,
    numbers,
    producing,
    receive,
    receive_all,
    send,
)


@pytest.fixture(scope="module", params=[ApacheKafka, StandIn], ids=["apache-kafka", "stand-in"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestedBroker]:
    # The second is for departments' logins, of which the stand-in has none.
    ports = free_ports(2 if request.param is ApacheKafka else 1)
    with request.param(tmp_path_factory.mktemp("broker"), *ports) as running:
        yield running


async def test_a_topic_has_the_partitions_that_were_asked_for(broker: TestedBroker) -> None:
    topic = await create_topic(broker, partitions=7)
    async with producing(broker) as producer:
        assert await producer.partitions_for(topic) == set(range(7))


async def test_a_topic_is_not_made_twice(broker: TestedBroker) -> None:
    topic = await create_topic(broker)
    async with admin(broker) as client:
        answer = await client.create_topics([NewTopic(topic, 4, 1)])
    assert [error[1] for error in answer.topic_errors] == [TopicAlreadyExistsError.errno]


async def test_one_key_stays_in_one_partition_and_in_order(broker: TestedBroker) -> None:
    topic = await create_topic(broker)
    await send(broker, topic, numbered(range(300)))
    async with consuming(broker, topic) as consumer:
        received = await receive(consumer, 300)
    partitions, order = defaultdict(set), defaultdict(list)
    for record in received:
        partitions[record.key].add(record.partition)
        order[record.key].append(int(record.value or b""))
    assert len(order) == 10
    assert all(len(each) == 1 for each in partitions.values())
    assert all(each == sorted(each) for each in order.values())
    assert len(set.union(*partitions.values())) > 1


async def test_every_group_gets_everything(broker: TestedBroker) -> None:
    topic = await create_topic(broker)
    await send(broker, topic, numbered(range(50)))
    for _group in range(2):
        async with consuming(broker, topic) as consumer:
            assert sorted(numbers(await receive(consumer, 50))) == list(range(50))


async def test_a_groups_members_share_the_partitions_and_one_takes_over_when_another_leaves(
    broker: TestedBroker,
) -> None:
    topic, group = await create_topic(broker), new_name("group")
    async with consuming(broker, topic, group=group) as stays:
        async with consuming(broker, topic, group=group) as leaves:
            await _until_shared(stays, leaves)
            await send(broker, topic, numbered(range(200), keys=50))
            by_leaves = await _receive_until_end(leaves)
            by_stays = await receive(stays, 200 - len(by_leaves))
            assert by_leaves
            assert by_stays
            assert sorted(numbers(by_leaves + by_stays)) == list(range(200))
            await leaves.commit()
            await stays.commit()
        await send(broker, topic, numbered(range(200, 300), keys=50))
        await receive_all(stays, set(range(200, 300)))


async def test_what_was_not_committed_comes_again_and_what_was_does_not(broker: TestedBroker) -> None:
    topic, group = await create_topic(broker, partitions=1), new_name("group")
    await send(broker, topic, numbered(range(10)))
    async with consuming(broker, topic, group=group) as consumer:
        assert numbers(await receive(consumer, 10)) == list(range(10))
        await consumer.commit({TopicPartition(topic, 0): 4})
    async with consuming(broker, topic, group=group) as consumer:
        assert numbers(await receive(consumer, 6)) == list(range(4, 10))


async def test_committed_offsets_outlive_a_restart_of_the_broker(broker: TestedBroker) -> None:
    topic, group = await create_topic(broker, partitions=1), new_name("group")
    await send(broker, topic, numbered(range(10)))
    async with consuming(broker, topic, group=group) as consumer:
        await receive(consumer, 10)
        await consumer.commit({TopicPartition(topic, 0): 7})
    await asyncio.to_thread(broker.restart)
    async with consuming(broker, topic, group=group) as consumer:
        assert numbers(await receive(consumer, 3)) == [7, 8, 9]


# The stand-in writes about once a second: killed, it loses what it had acknowledged since.
@pytest.mark.parametrize("broker", [ApacheKafka], indirect=True, ids=["apache-kafka"])
async def test_acknowledged_records_and_committed_offsets_outlive_a_killed_broker(broker: TestedBroker) -> None:
    topic, group = await create_topic(broker, partitions=1), new_name("group")
    await send(broker, topic, numbered(range(100)))
    async with consuming(broker, topic, group=group) as consumer:
        await receive(consumer, 100)
        await consumer.commit({TopicPartition(topic, 0): 30})
    await send(broker, topic, numbered(range(100, 200)))
    await asyncio.to_thread(broker.kill)
    await asyncio.to_thread(broker.start)
    async with consuming(broker, topic, group=group) as consumer:
        assert numbers(await receive(consumer, 170)) == list(range(30, 200))


async def test_connected_clients_go_on_after_a_restart_of_the_broker(broker: TestedBroker) -> None:
    topic = await create_topic(broker, partitions=1)
    async with producing(broker) as producer, consuming(broker, topic) as consumer:
        await producer.send_and_wait(topic, b"0")
        assert numbers(await receive(consumer, 1)) == [0]
        await asyncio.to_thread(broker.restart)
        await producer.send_and_wait(topic, b"1")
        assert numbers(await receive(consumer, 1)) == [1]


async def test_an_idempotent_producer_writes_each_record_once_and_without_gaps(broker: TestedBroker) -> None:
    topic = await create_topic(broker, partitions=1)
    async with producing(broker) as producer:
        sent = await asyncio.gather(*[await producer.send(topic, str(n).encode()) for n in range(500)])
    assert [record.offset for record in sent] == list(range(500))
    async with consuming(broker, topic) as consumer:
        assert numbers(await receive(consumer, 500)) == list(range(500))


async def test_a_batch_of_a_thousand_arrives_whole_and_in_order(broker: TestedBroker) -> None:
    topic = await create_topic(broker, partitions=1)
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap_servers, acks="all", enable_idempotence=True, max_batch_size=1 << 20
    )
    await producer.start()
    try:
        batch = producer.create_batch()
        for number in range(1_000):
            text = f"{number}".rjust(600).encode()
            assert batch.append(key=b"key", value=text, timestamp=None) is not None
        await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()
    async with consuming(broker, topic) as consumer:
        assert numbers(await receive(consumer, 1_000)) == list(range(1_000))


async def test_headers_and_missing_keys_and_values_come_back_as_they_were_sent(broker: TestedBroker) -> None:
    topic = await create_topic(broker, partitions=1)
    headers = [("ce_type", b"hotline.complaint.received.v1"), ("ce_subject", "城关镇".encode()), ("empty", b"")]
    async with producing(broker) as producer:
        await producer.send_and_wait(topic, key=b"complaint", value=None, headers=headers)
        await producer.send_and_wait(topic, key=None, value=b"")
    async with consuming(broker, topic) as consumer:
        tombstone, keyless = await receive(consumer, 2)
    assert (tombstone.key, tombstone.value, list(tombstone.headers)) == (b"complaint", None, headers)
    assert (keyless.key, keyless.value, list(keyless.headers)) == (None, b"", [])


async def test_a_pattern_takes_in_a_topic_that_is_made_later(broker: TestedBroker) -> None:
    prefix = new_name("departments")
    await create_topic(broker, partitions=1, name=f"{prefix}.first.assigned")
    async with consuming(broker, pattern=rf"^{prefix}\.[a-z]+\.assigned$") as consumer:
        await send(broker, f"{prefix}.first.assigned", numbered([1]))
        assert numbers(await receive(consumer, 1)) == [1]
        await consumer.commit()
        await create_topic(broker, partitions=1, name=f"{prefix}.second.assigned")
        await send(broker, f"{prefix}.second.assigned", numbered([2]))
        assert numbers(await receive(consumer, 1)) == [2]


async def test_a_topic_that_nobody_made_is_refused(broker: TestedBroker) -> None:
    missing = new_name("missing")
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, request_timeout_ms=2_000)
    await producer.start()
    try:
        with pytest.raises(KafkaError):
            await producer.send_and_wait(missing, b"lost")
    finally:
        await producer.stop()
    async with admin(broker) as client:
        assert missing not in await client.list_topics()


async def _until_shared(*members: AIOKafkaConsumer) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            # A member joins the new generation only while it reads.
            for member in members:
                assert not await member.getmany(timeout_ms=100)
            parts = [member.assignment() for member in members]
            if all(parts) and len(set.union(*map(set, parts))) == sum(map(len, parts)) == 4:
                return


async def _receive_until_end(consumer: AIOKafkaConsumer) -> list[object]:
    ends = await consumer.end_offsets(list(consumer.assignment()))
    return await receive(consumer, sum(ends.values()))
