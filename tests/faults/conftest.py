"""One running stack for all faults; each test finds it whole, whatever the one before has done to it."""

from collections.abc import Iterator

import pytest

from deploy.local.kafka import ApacheKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.stack import Stack
from tests.whole_stack import whole_stack


@pytest.fixture(scope="session")
def mended_stack() -> Iterator[Stack]:
    with whole_stack() as stack:
        yield stack


@pytest.fixture
def stack(mended_stack: Stack, postgres: LocalPostgres, kafka: ApacheKafka) -> Iterator[Stack]:
    yield mended_stack
    for server in (postgres, kafka, *mended_stack.services):
        if not server.running:
            server.start()


@pytest.fixture
def postgres(mended_stack: Stack) -> LocalPostgres:
    assert isinstance(mended_stack.postgres, LocalPostgres)
    return mended_stack.postgres


@pytest.fixture
def kafka(mended_stack: Stack) -> ApacheKafka:
    assert isinstance(mended_stack.broker, ApacheKafka)
    return mended_stack.broker
