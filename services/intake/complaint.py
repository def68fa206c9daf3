"""What every channel's form becomes: one `Complaint`, cleaned, redacted, and apart from who sent it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.intake.county import County
from services.intake.normalizing.text_language import TextLanguage, language_of
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, DepartmentCode, Kind, Urgency
from shared.redaction import redact

MAX_TEXT = 20_000
MAX_TITLE = 200
MAX_PLACE = 200


@dataclass(frozen=True, slots=True, repr=False)
class Reporter:
    """Who complained. Goes to the vault and nowhere else; its repr shows nothing, so that no log can."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    email: str | None = None
    address: str | None = None

    def __repr__(self) -> str:
        return "Reporter(…)"

    def __bool__(self) -> bool:
        return any((self.name, self.phone, self.id_number, self.email, self.address))


@dataclass(frozen=True, slots=True)
class Original:
    """The words as they came, numbers and all: for the vault only."""

    text: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    place: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Complaint:
    """`title`, `text` and `place` are redacted; `reporter` and `original` are for the vault."""

    channel: Channel
    # The channel's own number; (channel, external_id) is one submission, however often it is sent.
    external_id: str
    kind: Kind
    urgency: Urgency
    confidentiality: Confidentiality
    title: str | None = field(repr=False)
    text: str = field(repr=False)
    # One of the county's towns where place or text names one, else the place as it was given.
    place: str | None = field(repr=False)
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
    content_hash: bytes = field(repr=False)
    language: TextLanguage
    # The matter that its reporter chose in an Open311 app; what came in that way is shown in public (open311.py).
    service: str | None = None


_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, and the invisible characters that reorder text or hide inside a number.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(raw: str) -> str:
    """`raw` in NFC with LF line ends, without control and invisible characters, trimmed. Idempotent."""
    text = raw
    if not raw.isprintable():
        text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", raw))
    return unicodedata.normalize("NFC", text).strip()


def normalize_text(raw: str, *, name: str = "text", limit: int = MAX_TEXT) -> str:
    """`raw` cleaned; SubmissionRefused where nothing remains or more than `limit` characters do."""
    text = clean(raw)
    if not text:
        raise SubmissionRefused(name, f"“{name}”没有内容，请写明诉求。", f"{name} is empty; say what it is about.")
    if len(text) > limit:
        raise SubmissionRefused(
            name,
            f"“{name}”过长，最多 {limit} 个字符。",
            f"{name} must have at most {limit} characters.",
        )
    return text


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
) -> Complaint:
    """The complaint that a channel's form means; SubmissionRefused says what keeps it from being one."""
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
    told = _told_by(reporter) if reporter is not None else ()
    redacted = Original(
        text=_redacted(original.text, told),
        title=_redacted(original.title, told) if original.title else None,
        place=_redacted(original.place, told) if original.place else None,
    )
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
        content_hash=_content_hash(kind, redacted, occurred_at, accused, confidentiality),
        language=language_of(redacted.text),
    )


def _told_by(reporter: Reporter) -> Sequence[tuple[str, str]]:
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
    return [(words, token) for words, token in said if words and len(words) > 1]


def _redacted(words: str, told: Iterable[tuple[str, str]]) -> str:
    """`words` without numbers that identify somebody, and without what the reporter said of themselves in the form."""
    for said, token in told:
        words = words.replace(said, token)
    return redact(words)


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


def _content_hash(
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
        occurred_at.astimezone(UTC).isoformat() if occurred_at else "",
        accused or "",
        confidentiality,
    )
    # No part contains NUL, so no two contents make the same bytes.
    return hashlib.sha256("\0".join(parts).encode()).digest()
