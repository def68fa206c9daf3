"""A service request as an Open311 app submits it: the fields of GeoReport v2, form-encoded."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

import orjson

from services.intake.complaint import MAX_PLACE, Complaint, Reporter, normalize
from services.intake.county import County
from services.intake.normalizing.cleaning import clean
from services.intake.open311.open311 import Open311Error
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind
from shared.policy import Matter

MAX_DESCRIPTION = 4000
_MOST_FIELDS = 200
_LONGEST: Mapping[str, int] = {
    "description": MAX_DESCRIPTION,
    # Coordinates may follow it.
    "address_string": MAX_PLACE - 40,
    "address_id": 128,
    "email": 254,
    "first_name": 50,
    "last_name": 50,
    "phone": 40,
    "device_id": 256,
    "account_id": 256,
    "lat": 32,
    "long": 32,
}
# Those that tell one sender from another.
_SENDER = ("device_id", "account_id", "email", "phone")
_WINDOW_SECONDS = 600


@dataclass(frozen=True, slots=True, repr=False)
class Fields:
    """The fields of a form by name, an empty one like one that was not sent. Its repr shows none of them."""

    said: Mapping[str, str]

    def __repr__(self) -> str:
        return "Fields(…)"

    def get(self, name: str) -> str:
        return self.said.get(name, "")


def read_form(body: bytes) -> Fields:
    """What was sent; Open311Error where it is no form. Of a field that is sent twice the first counts."""
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:  # also where it is no UTF-8
        raise Open311Error(
            400,
            "提交的内容应为 UTF-8 编码的表单（application/x-www-form-urlencoded）。",
            "What was sent is no form in UTF-8 (application/x-www-form-urlencoded).",
        ) from None
    said: dict[str, str] = {}
    for name, value in pairs:
        if value.strip():
            said.setdefault(name, value.strip())
    for name, limit in _LONGEST.items():
        if len(said.get(name, "")) > limit:
            raise Open311Error(
                400, f"{name} 过长，最多 {limit} 个字符。", f"{name} must have at most {limit} characters."
            )
    return Fields(said)


def external_ids(fields: Fields, key: bytes, key_id: str, now: datetime) -> tuple[str, str] | None:
    """The ids under which this form is known now, and was in the ten minutes before; None where its sender is unknown.

    The specification has no id of the client's, and apps that wait in vain send again. The same form of the same
    sender within ten to twenty minutes is therefore the same request. Keyed: the form holds telephone numbers.
    """
    if not any(fields.get(name) for name in _SENDER):
        return None
    said = orjson.dumps(sorted((name, value) for name, value in fields.said.items() if name != "api_key"))
    window = int(now.timestamp()) // _WINDOW_SECONDS

    def external_id(number: int) -> str:
        return f"open311:{hmac.digest(key, b'open311:%s:%d:' % (key_id.encode(), number) + said, 'sha256').hex()}"

    return external_id(window), external_id(window - 1)


def to_complaint(fields: Fields, matter: Matter, county: County, external_id: str) -> Complaint:
    """Open311Error says what keeps the form from being a complaint."""
    reporter = _reporter(fields)
    try:
        complaint = normalize(
            county,
            channel=Channel.WEB_PORTAL,
            external_id=external_id,
            kind=Kind.COMPLAINT,
            # What the citizen chose from the list helps to place what they wrote.
            title=matter.name,
            text=fields.get("description") or matter.name,
            place=_place(fields),
            confidentiality=Confidentiality.NAMED if reporter else Confidentiality.ANONYMOUS,
            reporter=reporter,
        )
    except SubmissionRefused as refused:
        raise Open311Error(400, refused.zh, refused.en) from None
    return complaint._replace(service=matter.code)


def _reporter(fields: Fields) -> Reporter:
    first, last = clean(fields.get("first_name")), clean(fields.get("last_name"))
    # 姓在前，名在后；a name in letters the other way round.
    name = f"{first} {last}".strip() if f"{first}{last}".isascii() else f"{last}{first}"
    return Reporter(
        name=name or None, phone=clean(fields.get("phone")) or None, email=clean(fields.get("email")) or None
    )


def _place(fields: Fields) -> str:
    """The address, and the coordinates to about a metre; Open311Error where neither is there."""
    address = clean(fields.get("address_string"))
    coordinates = _coordinates(fields)
    if address and coordinates:
        return f"{address}（{coordinates}）"
    if address or coordinates:
        return address or coordinates
    if fields.get("address_id"):
        raise Open311Error(
            400,
            "本县没有地址编号，请改填 lat 和 long 或 address_string。",
            "This county has no address ids; please send lat and long, or address_string.",
        )
    raise Open311Error(
        400,
        "缺少地点，请填写 lat 和 long 或 address_string。",
        "The location is missing; please send lat and long, or address_string.",
    )


def _coordinates(fields: Fields) -> str:
    lat, long = fields.get("lat"), fields.get("long")
    if not lat and not long:
        return ""
    try:
        north, east = float(lat), float(long)
    except ValueError:
        north = east = float("nan")
    # Comparisons with what is no number are false.
    if not (-90 <= north <= 90 and -180 <= east <= 180):  # noqa: PLR2004  # degrees of WGS84
        raise Open311Error(
            400,
            "lat 和 long 应同时填写，为 WGS84 坐标的度数，如 31.88342 和 109.52683。",
            "lat and long must both be sent, in degrees of WGS84, as in 31.88342 and 109.52683.",
        )
    return f"{'北纬' if north >= 0 else '南纬'}{abs(north):.5f}，{'东经' if east >= 0 else '西经'}{abs(east):.5f}"
