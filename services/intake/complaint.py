"""What every channel's form becomes: one `Complaint`, cleaned, redacted, and apart from who sent it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from services.intake.county import County
from services.intake.normalizing.cleaning import clean, normalize_text
from services.intake.normalizing.text_language import TextLanguage, language_of
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, DepartmentCode, Kind, Urgency
from shared.redaction import may_tell_of_somebody, redact

MAX_TITLE = 200
MAX_PLACE = 200


class Reporter(NamedTuple):
    """Who complained. Goes to the vault and nowhere else; its repr shows nothing, so that no log can."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    email: str | None = None
    address: str | None = None

    def __repr__(self) -> str:
        return "Reporter(…)"

    def __bool__(self) -> bool:
        return any(self)


class Original(NamedTuple):
    """The words as they came, numbers and all: for the vault only."""

    text: str
    title: str | None = None
    place: str | None = None

    def __repr__(self) -> str:
        return "Original(…)"


class Complaint(NamedTuple):
    """`title`, `text` and `place` are redacted; `reporter` and `original` are for the vault.

    A tuple, which is made in half the time of a frozen dataclass: this is where the intake's time goes.
    """

    channel: Channel
    # The channel's own number; (channel, external_id) is one submission, however often it is sent.
    external_id: str
    kind: Kind
    urgency: Urgency
    confidentiality: Confidentiality
    title: str | None
    text: str
    # One of the county's towns where place or text names one, else the place as it was given.
    place: str | None
    occurred_at: datetime | None
    accused: DepartmentCode | None
    # The department on whose own line or mailbox it came in.
    received_by: DepartmentCode | None
    # Staff number of whoever took the call; kept out of events.
    operator: str | None
    # None where nothing is known, and always None for an anonymous complaint.
    reporter: Reporter | None
    original: Original
    # Tells a resubmission with other content from a plain repetition.
    content_hash: bytes
    language: TextLanguage
    # The matter that its reporter chose in an Open311 app; what came in that way is shown in public (open311.py).
    service: str | None = None

    def __repr__(self) -> str:
        return f"Complaint({self.channel}, {self.external_id!r}, …)"


def _optional(raw: str | None, *, name: str, limit: int) -> str | None:
    return normalize_text(raw, name=name, limit=limit) if raw and clean(raw) else None


def normalize(
    county: County,
    *,
    channel: Channel,
    external_id: str,
    kind: Kind,
    text: str,
    title: str | None = None,
    place: str | None = None,
    occurred_at: datetime | None = None,
    urgency: Urgency | None = None,
    confidentiality: Confidentiality = Confidentiality.NAMED,
    accused: DepartmentCode | None = None,
    received_by: DepartmentCode | None = None,
    operator: str | None = None,
    reporter: Reporter | None = None,
    name_is_a_guess: bool = False,
) -> Complaint:
    """The complaint that a channel's form means; SubmissionRefused says what keeps it from being one.

    Where `name_is_a_guess`, the reporter's name may be any word, and only where it stands alone is it taken for one.
    """
    if accused is not None and not county.has_department(accused):
        raise SubmissionRefused(
            "accused",
            "“accused”不是本县承办单位的代码，请按单位名录填写，或留空。",
            "accused is no department code of this county; take it from the list, or leave it out.",
        )
    if received_by is not None and not county.has_department(received_by):
        raise SubmissionRefused(
            "received_by",
            "“received_by”不是本县承办单位的代码，请按单位名录填写。",
            "received_by is no department code of this county; take it from the list.",
        )
    original = Original(
        text=normalize_text(text),
        title=_optional(title, name="title", limit=MAX_TITLE),
        place=_optional(place, name="place", limit=MAX_PLACE),
    )
    told = _told_by(reporter, name_is_a_guess=name_is_a_guess) if reporter is not None else ()
    redacted = _redacted(original, told)
    town, public_text = _locate(county, original, redacted)
    anonymous = confidentiality is Confidentiality.ANONYMOUS
    return Complaint(
        channel=channel,
        external_id=external_id,
        kind=kind,
        urgency=urgency or _judge_urgency(county, kind, redacted),
        confidentiality=confidentiality,
        title=redacted.title,
        text=public_text,
        place=town or redacted.place,
        occurred_at=occurred_at,
        accused=accused,
        received_by=received_by,
        operator=operator,
        reporter=None if anonymous else (reporter or None),
        # A number in an anonymous text is most often the sender's own: it is not even kept in the vault.
        original=redacted if anonymous else original,
        content_hash=content_hash(kind, redacted, occurred_at, accused, confidentiality),
        language=language_of(redacted.text),
    )


_Told = str | re.Pattern[str]


def _told_by(reporter: Reporter, *, name_is_a_guess: bool) -> Sequence[tuple[_Told, str]]:
    """What the reporter said of themselves and what takes its place, in the order in which it is looked for."""
    said = (
        # An address may hold a name.
        (reporter.address, "〔地址〕"),
        (reporter.email, "〔邮箱〕"),
        (reporter.id_number, "〔证件号〕"),
        (reporter.phone, "〔电话〕"),
        (reporter.name, "〔姓名〕"),
    )
    # A single character is found in almost every text.
    told: list[tuple[_Told, str]] = [(words, token) for words, token in said if words and len(words) > 1]
    if name_is_a_guess and reporter.name and len(reporter.name) > 1:
        told[-1] = (re.compile(rf"(?<!\w){re.escape(reporter.name)}(?!\w)"), "〔姓名〕")
    return told


def _redacted(original: Original, told: Iterable[tuple[_Told, str]]) -> Original:
    """`original` without numbers that identify somebody, and without what the reporter said of themselves."""
    text, title, place = original
    # Together, because to look costs as much for a short one; NUL stands in none of them.
    words = f"{text}\0{title or ''}\0{place or ''}"
    for said, token in told:
        words = words.replace(said, token) if isinstance(said, str) else said.sub(token, words)
    parts = words.split("\0")
    if may_tell_of_somebody(words):
        parts = [redact(part) for part in parts]
    return Original(parts[0], parts[1] or None, parts[2] or None)


def _locate(county: County, original: Original, words: Original) -> tuple[str | None, str]:
    """The town, and the text with the rest of the place (street, house) as its last line where it is not there yet."""
    if words.place is None:
        return county.town_in(words.text) or county.town_near(words.text), words.text
    town = (
        county.town_in(original.place or "")
        or county.town_in(words.text)
        or county.town_near(words.place)
        or county.town_near(words.text)
    )
    if town is None or words.place in (town, words.text) or words.place in words.text:
        return town, words.text
    return town, f"{words.text}\n地点：{words.place}"


# Thanks for a quick repair, or a wish for fewer power cuts, names the same words without haste.
_NEVER_URGENT = frozenset({Kind.PRAISE, Kind.SUGGESTION})


def _judge_urgency(county: County, kind: Kind, words: Original) -> Urgency:
    if kind in _NEVER_URGENT:
        return Urgency.NORMAL
    if county.sounds_urgent(words.text) or (words.title and county.sounds_urgent(words.title)):
        return Urgency.URGENT
    return Urgency.NORMAL


def content_hash(
    kind: Kind,
    words: Original,
    occurred_at: datetime | None,
    accused: DepartmentCode | None,
    confidentiality: Confidentiality,
) -> bytes:
    """SHA-256 of the redacted content: of the original it would let a telephone number be found by trying them all."""
    parts = (
        kind,
        words.title or "",
        words.text,
        words.place or "",
        # As `isoformat` writes it, which takes three times as long.
        orjson.dumps(occurred_at.astimezone(UTC))[1:-1].decode() if occurred_at else "",
        accused or "",
        confidentiality,
    )
    # No part contains NUL, so no two contents make the same bytes.
    return hashlib.sha256("\0".join(parts).encode()).digest()
