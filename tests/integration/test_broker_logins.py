"""What a department's own system may do at the real broker, and what it is kept from."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from deploy.local.hotline import POLICY
from deploy.local.kafka import ApacheKafka
from services.router import broker_logins
from services.router.__main__ import app
from shared.kafka import create_topics
from shared.topics import CASES_EVENTS, COMPLAINTS_RECEIVED, SUPERVISION_ALERTS, actions, all_topics, assigned, refusals
from tests.integration.brokers import consuming, producing, receive

# Not the county's own, so that no other test reads what is written here.
OURS, THEIRS = "logins-ours", "logins-theirs"
LETTER, KEY = b"{}", b"key"

# What aiokafka's parameters are called by librdkafka.
_SETTINGS = {
    "bootstrap_servers": "bootstrap.servers",
    "security_protocol": "security.protocol",
    "sasl_mechanism": "sasl.mechanism",
    "sasl_plain_username": "sasl.username",
    "sasl_plain_password": "sasl.password",
}


@pytest.fixture
async def login(broker: ApacheKafka) -> dict[str, Any]:
    """What the client of our department's system is made with."""
    await create_topics([broker.bootstrap_servers], all_topics([OURS, THEIRS]))
    password = await asyncio.to_thread(broker_logins.grant, [broker.bootstrap_servers], OURS)
    return logged_in(broker, OURS, password)


def logged_in(broker: ApacheKafka, user: str, password: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": broker.departments_servers,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


async def connect(login: dict[str, Any]) -> None:
    """Ask the broker for its topics; with another library, for aiokafka leaves a refused connection half open."""
    settings = {_SETTINGS[name]: value for name, value in login.items()}
    await asyncio.to_thread(AdminClient(settings | {"log_level": 0}).list_topics, timeout=3)


async def write(login: dict[str, Any], topic: str) -> None:
    async with AIOKafkaProducer(**login, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, LETTER, key=KEY)


async def read(login: dict[str, Any], topic: str, group: str) -> None:
    consumer = AIOKafkaConsumer(topic, **login, group_id=group)
    try:
        await consumer.start()
        await consumer.getone()
    finally:
        await consumer.stop()


async def test_a_department_reads_its_queue_and_its_refusals_in_a_group_of_its_own(
    broker: ApacheKafka, login: dict[str, Any]
) -> None:
    async with producing(broker) as ours:
        for topic in (assigned(OURS), refusals(OURS)):
            await ours.send_and_wait(topic, LETTER, key=KEY)
    async with AIOKafkaConsumer(
        assigned(OURS), refusals(OURS), **login, group_id=f"{OURS}.own-system", auto_offset_reset="earliest"
    ) as consumer:
        seen = {record.topic for record in await receive(consumer, 2)}
        await consumer.commit()
    assert seen == {assigned(OURS), refusals(OURS)}


async def test_what_it_does_it_writes_into_its_own_topic(broker: ApacheKafka, login: dict[str, Any]) -> None:
    await write(login, actions(OURS))
    async with consuming(broker, actions(OURS)) as tracker:
        assert (await receive(tracker, 1))[0].key == KEY


@pytest.mark.parametrize(
    "topic", [actions(THEIRS), assigned(OURS), refusals(OURS), COMPLAINTS_RECEIVED, CASES_EVENTS, SUPERVISION_ALERTS]
)
async def test_it_writes_nowhere_else(login: dict[str, Any], topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await write(login, topic)


@pytest.mark.parametrize("topic", [assigned(THEIRS), refusals(THEIRS), COMPLAINTS_RECEIVED, SUPERVISION_ALERTS])
async def test_it_reads_nothing_else(login: dict[str, Any], topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await read(login, topic, f"{OURS}.own-system")


async def test_it_joins_no_group_of_another(login: dict[str, Any]) -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        await read(login, assigned(OURS), f"{THEIRS}.own-system")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda login: login | {"sasl_plain_password": "guessed"},
        lambda login: login | {"sasl_plain_username": THEIRS},
        lambda login: {name: value for name, value in login.items() if name == "bootstrap_servers"},
    ],
    ids=["a wrong password", "the name of another", "no login"],
)
async def test_nobody_comes_in_with(login: dict[str, Any], wrong: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    with pytest.raises(KafkaException):
        await connect(wrong(login))


async def test_a_new_password_makes_the_old_one_void(broker: ApacheKafka, login: dict[str, Any]) -> None:
    again = await asyncio.to_thread(broker_logins.grant, [broker.bootstrap_servers], OURS)
    await connect(logged_in(broker, OURS, again))
    with pytest.raises(KafkaException):
        await connect(login)


async def test_a_login_that_is_taken_away_lets_nobody_in(broker: ApacheKafka, login: dict[str, Any]) -> None:
    servers = [broker.bootstrap_servers]
    assert await asyncio.to_thread(broker_logins.revoke, servers, OURS)
    with pytest.raises(KafkaException):
        await connect(login)
    assert not await asyncio.to_thread(broker_logins.revoke, servers, OURS)


async def test_the_command_prints_a_password_that_works(broker: ApacheKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)
    monkeypatch.setenv("HOTLINE_POLICY_DIR", str(POLICY))
    printed = await asyncio.to_thread(CliRunner().invoke, app, ["broker-login", "water-supply"])
    assert printed.exit_code == 0, printed.stderr
    await connect(logged_in(broker, "water-supply", printed.stdout.strip()))


async def test_the_command_knows_the_departments(broker: ApacheKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)
    monkeypatch.setenv("HOTLINE_POLICY_DIR", str(POLICY))
    refused = await asyncio.to_thread(CliRunner().invoke, app, ["broker-login", "ministry-of-truth"])
    assert refused.exit_code == 1
    assert "is no department of the policy" in str(refused.exception) + refused.output
