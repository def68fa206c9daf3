"""Which partition a key belongs to: by its CRC-32, as librdkafka's partitioner ``consistent`` reckons it.

The Java client's MurmurHash2 is as good, but written in Python it takes longer than all else in publishing a record.
"""

from zlib import crc32


def partition_of(key: bytes, partitions: int) -> int:
    """The number, from 0, of the partition of `key` in a topic of so many."""
    return crc32(key) % partitions
