"""Which partition a key belongs to, as every Kafka client reckons it: MurmurHash2 of the key.

aiokafka's own takes a quarter of the time that publishing a record takes: it reads the key byte by byte.
"""

from struct import unpack_from

_SEED, _M = 0x9747B28C, 0x5BD1E995
_32_BITS = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The number, from 0, of the partition of `key` in a topic of so many; the same as the Java client's."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    length = len(data)
    mixed = _SEED ^ length
    for word in unpack_from(f"<{length // 4}I", data):
        word = word * _M & _32_BITS  # noqa: PLW2901
        mixed = mixed * _M & _32_BITS ^ (word ^ word >> 24) * _M & _32_BITS
    if rest := data[length & ~3 :]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _M & _32_BITS
    mixed = (mixed ^ mixed >> 13) * _M & _32_BITS
    return mixed ^ mixed >> 15
