"""While Kafka or PostgreSQL is away, or comes back from a crash, nothing is lost, repeated or answered wrongly."""

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from deploy.local.hotline import HotlineService
from deploy.local.kafka import ApacheKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.stack import Stack
from tests.faults.feeding import Feed, assert_all_came_through_exactly_once, submissions
from tests.whole_stack import STOP_SECONDS, own_process, until

_COUNT = 300
_ANSWERED_BEFORE_THE_KILL = 100


async def readiness(service: HotlineService) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as client:
        response = await client.get("/readyz")
    return response.status_code, response.json()


async def until_ready(stack: Stack) -> None:
    async def every_service_is_ready() -> bool:
        answers = [await readiness(service) for service in stack.services]
        return all(status == httpx.codes.OK and told["status"] == "ok" for status, told in answers)

    await until(every_service_is_ready, "every service has all that it depends on")


async def test_services_start_without_kafka_accept_complaints_and_catch_up(stack: Stack, kafka: ApacheKafka) -> None:
    for server in (*stack.services, kafka):
        await asyncio.to_thread(server.stop)
    await asyncio.gather(*(asyncio.to_thread(service.start) for service in stack.services))

    feed = Feed(stack, submissions("without-kafka", _COUNT))
    await feed.run()
    assert {answer.status for answer in feed.answers.values()} == {httpx.codes.CREATED}

    status, told = await readiness(stack.intake)
    assert (status, told["status"]) == (httpx.codes.OK, "degraded")
    assert told["dependencies"]["database"] == "ok"
    assert told["dependencies"]["kafka"] != "ok"
    for service in (stack.router, stack.tracker):
        status, told = await readiness(service)
        assert (status, told["status"]) == (httpx.codes.SERVICE_UNAVAILABLE, "unready")
        assert told["dependencies"]["kafka"] != "ok"

    await asyncio.to_thread(kafka.start)
    await assert_all_came_through_exactly_once(stack, feed, "without-kafka")
    await until_ready(stack)


async def test_kafka_that_crashes_and_comes_back_loses_nothing_and_repeats_nothing(
    stack: Stack, kafka: ApacheKafka
) -> None:
    feed = Feed(stack, submissions("kafka-crash", _COUNT))
    async with asyncio.TaskGroup() as group:
        group.create_task(feed.run())
        await feed.answered(_ANSWERED_BEFORE_THE_KILL)
        await asyncio.to_thread(kafka.kill)
        assert len(feed.answers) < _COUNT, "the kill came too late to prove anything"
        # The intake goes on by itself.
        await feed.answered(_COUNT)
        await asyncio.to_thread(kafka.start)
    assert feed.unavailable == 0
    await assert_all_came_through_exactly_once(stack, feed, "kafka-crash")
    await until_ready(stack)


async def test_postgres_that_crashes_and_comes_back_loses_nothing_and_repeats_nothing(
    stack: Stack, postgres: LocalPostgres
) -> None:
    feed = Feed(stack, submissions("postgres-crash", _COUNT))
    async with asyncio.TaskGroup() as group:
        group.create_task(feed.run())
        await feed.answered(_ANSWERED_BEFORE_THE_KILL)
        await asyncio.to_thread(postgres.kill)
        assert len(feed.answers) < _COUNT, "the kill came too late to prove anything"
        await feed.was_refused()
        for service in stack.services:
            status, told = await readiness(service)
            assert status == httpx.codes.SERVICE_UNAVAILABLE
            assert told["dependencies"]["database"] != "ok"
        await asyncio.to_thread(postgres.start)
    await assert_all_came_through_exactly_once(stack, feed, "postgres-crash")
    await until_ready(stack)


async def test_services_that_must_stop_while_kafka_is_frozen_do_and_go_on_where_they_were(
    stack: Stack, kafka: ApacheKafka, tmp_path: Path
) -> None:
    feed = Feed(stack, submissions("kafka-frozen", _COUNT))
    with ExitStack() as running:
        processes = [running.enter_context(own_process(each, tmp_path / each.service)) for each in stack.services]
        await until_ready(stack)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed.run())
                await feed.answered(_ANSWERED_BEFORE_THE_KILL)
                os.kill(kafka.pid, signal.SIGSTOP)
            for process in processes:
                process.send_signal(signal.SIGTERM)
            assert [process.wait(STOP_SECONDS) for process in processes] == [0, 0, 0]
        finally:
            os.kill(kafka.pid, signal.SIGCONT)
    assert feed.unavailable == 0
    await assert_all_came_through_exactly_once(stack, feed, "kafka-frozen")
