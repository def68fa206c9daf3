"""All events of a complaint stand in one partition, whichever of our services published them."""

from collections import Counter
from uuid import uuid4

import pytest

from shared.partitioning import partition_of


# The check value of CRC-32 (ISO-HDLC) in the catalogue of parametrised CRC algorithms, and that of nothing.
@pytest.mark.parametrize(("key", "checksum"), [(b"123456789", 0xCBF43926), (b"", 0)])
def test_a_key_belongs_where_its_checksum_puts_it(key: bytes, checksum: int) -> None:
    assert partition_of(key, 12) == checksum % 12


def test_complaints_are_spread_evenly() -> None:
    found = Counter(partition_of(str(uuid4()).encode(), 12) for _ in range(12_000))
    assert set(found) == set(range(12))
    assert max(found.values()) < 1.25 * min(found.values())
