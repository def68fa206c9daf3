"""Every client of Kafka puts a key into the same partition."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.partitioning import partition_of


@given(st.binary(), st.integers(1, 200))
def test_a_key_belongs_where_the_clients_default_puts_it(key: bytes, partitions: int) -> None:
    everywhere = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


# Of the tests of Kafka's own client: org.apache.kafka.common.utils.UtilsTest.testMurmur2, modulo a thousand.
@pytest.mark.parametrize(
    ("key", "hashed"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)],
)
def test_a_key_belongs_where_the_java_client_puts_it(key: bytes, hashed: int) -> None:
    assert partition_of(key, 1000) == (hashed & 0x7FFFFFFF) % 1000
