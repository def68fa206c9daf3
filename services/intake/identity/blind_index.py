"""A keyed trace of each of a reporter's numbers, by which their earlier complaints are found without the numbers.

HMAC-SHA-256 under a key of its own: eleven digits are soon tried out, so without the key (which no table, log or backup
holds) a plain hash would be as good as the number. Each kind of number has a key derived from it, so that equal traces
mean equal numbers of the same kind and nothing else.
"""

from enum import StrEnum

from services.intake.complaint import Reporter
from services.intake.identity.contact import email_address, identity_number, telephones
from services.intake.identity.keyed_hash import hmac_sha256

_DOMAIN = b"hotline.blind-index.v1:"
_FINGERPRINT_BYTES = 8


class NumberKind(StrEnum):
    PHONE = "phone"
    ID_NUMBER = "id_number"
    EMAIL = "email"


class BlindIndex:
    """The key of the traces; `fingerprint` tells it from another without telling what it is."""

    def __init__(self, key: bytes) -> None:
        self._keys = {kind: hmac_sha256(key, _DOMAIN + kind.encode()) for kind in NumberKind}
        self.fingerprint = hmac_sha256(key, _DOMAIN + b"fingerprint")[:_FINGERPRINT_BYTES]

    def __repr__(self) -> str:
        return f"BlindIndex({self.fingerprint.hex()})"

    def traces(self, reporter: Reporter | None) -> tuple[bytes, ...]:
        """A trace of every number by which this reporter can be known again; none of an anonymous one."""
        if reporter is None:
            return ()
        traces = [self._trace(NumberKind.PHONE, phone) for phone in telephones(reporter.phone)]
        if number := identity_number(reporter.id_number):
            traces.append(self._trace(NumberKind.ID_NUMBER, number))
        if address := email_address(reporter.email):
            traces.append(self._trace(NumberKind.EMAIL, address))
        return tuple(traces)

    def _trace(self, kind: NumberKind, number: str) -> bytes:
        return hmac_sha256(self._keys[kind], number.encode())
