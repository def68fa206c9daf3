"""What is kept of a complaint to find others that tell of the same incident (同一事件), and under which keys.

Two people tell of one burst pipe in different words, so words alone find little. What they share is the place, what
happened, and some of the characters that say something. A key joins two of these, or is a band of the text's MinHash
signature for what was copied; complaints that share no key are never compared, and each has at most 12.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from services.router.classifier.near_duplicates import bands_of, shingles_of
from services.router.decision import Decision
from services.router.incidents.happenings import happenings_of
from services.router.incidents.localities import localities_of
from shared.language import DepartmentCode
from shared.matching import comparable

__all__ = ["Fingerprint", "fingerprint", "fingerprint_of_text", "keys"]

# Longer texts are compared by their beginnings: what it is about stands there, and the work stays bounded.
COMPARED = 300
# With which people begin, plead and press, whatever it is about.
_FORMULAS = re.compile(
    "来电人|市民|来电|反映|咨询|投诉|举报|要求|希望|尽快|请问|怎么回事|什么时候|有关部门|相关部门|谢谢|麻烦|没有人|没人|处理|"
    "解决|核实|管一管|部门|能不能|我们|我家|我是|你们|一下|问题|情况|现在|您好|你好|诉求|热线|致电|微信|网站|公众号"
)
_SAY_NOTHING = "的了是我你他们有没在一个很也都就和到来去不与及着过被把让又还但并再这那上次多里得能会等么吗呢啊吧请下"
_NO_LETTERS = re.compile(r"[\W\d_]+")
_DROP = str.maketrans("", "", _SAY_NOTHING)

_NAMES, _TEXT_BANDS, _TOLD = 2, 2, 2
_MULTIPLIER = np.random.default_rng(20261125).integers(1, 2**63, 1, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    at: datetime
    # The characters that say something, each once, in their order; what names a place is not among them.
    characters: str
    towns: tuple[str, ...] = ()
    # Places smaller than a town, and parts of them.
    names: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    # The matter as it was decided; None where no matter was found.
    matter: str | None = None
    # Whom it accuses: complaints that accuse are kept apart from those that do not, and from those that accuse others.
    implicated: tuple[DepartmentCode, ...] = ()
    # What it tells of happening, the rarer first.
    happenings: tuple[str, ...] = ()


def fingerprint(at: datetime, text: str, place: str | None, towns: Collection[str], decision: Decision) -> Fingerprint:
    """The fingerprint of a redacted complaint that was decided as `decision` and accepted at `at`.

    `text` is as `comparable` gives it.
    """
    implicated = sorted({*decision.implicated, *((decision.accused,) if decision.accused else ())})
    return fingerprint_of_text(at, text, place, towns, decision.matter, tuple(implicated))


def fingerprint_of_text(
    at: datetime,
    telling: str,
    place: str | None,
    towns: Collection[str],
    matter: str | None,
    implicated: tuple[DepartmentCode, ...],
) -> Fingerprint:
    """The same of what is known apart; `telling` is as `comparable` gives it."""
    found = localities_of(telling, place and comparable(place), towns)
    for named in found.towns | found.names:
        telling = telling.replace(named, "")
    happenings = happenings_of(telling[:COMPARED])
    telling = _NO_LETTERS.sub("", _FORMULAS.sub("", telling)).translate(_DROP)[:COMPARED]
    return Fingerprint(
        at,
        "".join(sorted(set(telling))),
        tuple(sorted(found.towns)),
        tuple(sorted(found.names)),
        tuple(sorted(found.parts)),
        matter,
        implicated,
        happenings,
    )


def keys(fingerprint: Fingerprint, text: str) -> list[int]:
    """Under which the complaint of this text is found, as PostgreSQL's bigint; `text` is as `comparable` gives it.

    Complaints that accuse differently share none.
    """
    circle = ",".join(fingerprint.implicated)
    return sorted({_hashed(f"{circle}/{key}") for key in _keys(fingerprint, text)})


def _keys(one: Fingerprint, text: str) -> Iterator[str]:
    for number, band in bands_of(shingles_of(text[:COMPARED]), _TEXT_BANDS):
        yield f"text/{number}/{band.hex()}"
    told = one.happenings[:_TOLD] or (str(one.matter),)
    for name in one.names[:_NAMES]:
        yield f"name/{name}"
        yield from (f"name/{name}/{what}" for what in told)
        if one.characters:
            yield f"name/{name}/0/{_least(one.characters)}"
    for town in one.towns[:1]:
        yield from (f"town/{town}/{what}" for what in told)


def _least(characters: str) -> int:
    """The MinHash of the set of characters."""
    codes = np.frombuffer(characters.encode("utf-32-le"), np.uint32).astype(np.uint64)
    return int(((codes * _MULTIPLIER) >> np.uint64(16)).min())


@lru_cache(maxsize=65_536)
def _hashed(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
