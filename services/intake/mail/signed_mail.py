"""What stands in signed data (S/MIME, RFC 8551): anybody can read it, though it looks like something encrypted.

No library that we have hands it out. Signatures are not checked: a complaint needs none.
"""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_SEQUENCE, _SET, _INTEGER, _ID, _OF_CONTENT = 0x30, 0x31, 0x02, 0x06, 0xA0
_BYTES, _BYTES_IN_PIECES, _END = 0x04, 0x24, 0x00
# Programs make them of a kilobyte and more; of tiny ones a mail could hold millions.
_MOST_PIECES = 100_000


def signed_content(data: bytes) -> bytes | None:
    """The mail within signed data in BER (RFC 5652), as far as it is there; None where `data` is something else."""
    try:
        _, at, _ = _element(data, 0, _SEQUENCE)
        if not data.startswith(_SIGNED_DATA, at):
            return None
        _, at, _ = _element(data, at + len(_SIGNED_DATA), _OF_CONTENT)
        _, at, _ = _element(data, at, _SEQUENCE)
        for passed_over in (_INTEGER, _SET):
            _, _, at = _element(data, at, passed_over)
        _, at, _ = _element(data, at, _SEQUENCE)
        _, _, at = _element(data, at, _ID)
        _, at, _ = _element(data, at, _OF_CONTENT)
        tag, start, end = _element(data, at, _BYTES, _BYTES_IN_PIECES)
        return data[start:end] if tag == _BYTES else b"".join(_pieces(data, start, end))
    except (IndexError, ValueError):
        return None


def _element(data: bytes, at: int, *allowed: int) -> tuple[int, int, int]:
    """Tag, start and end of the contents at `at`; the end of what says none is that of `data`."""
    tag, length = data[at], data[at + 1]
    if tag not in allowed:
        raise ValueError("another element was expected")
    start = at + 2
    if length == 0x80:  # noqa: PLR2004  # until an element that is its end
        return tag, start, len(data)
    if length > 0x80:  # noqa: PLR2004  # so many bytes tell the length
        start, told = start + (length & 0x7F), start
        length = int.from_bytes(data[told:start])
    return tag, start, start + length


def _pieces(data: bytes, at: int, end: int) -> list[bytes]:
    pieces: list[bytes] = []
    while at < min(end, len(data)) and len(pieces) < _MOST_PIECES:
        tag, start, at = _element(data, at, _BYTES, _END)
        if tag == _END:
            break
        pieces.append(data[start:at])
    return pieces
