"""Text as it is compared with the words of a policy; never what people read.

Full width, compatibility forms, letter case and traditional characters make no difference. Traditional characters are
mapped one by one, without regard to their neighbours, so that the words of the policy and the text always meet.
"""

import re
import unicodedata
from functools import cache

import opencc

__all__ = ["comparable", "simplified"]

# The ideographs of the Basic Multilingual Plane.
_IDEOGRAPHS = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))


def comparable(text: str) -> str:
    """`text` in NFKC, case folded, in simplified characters."""
    return simplified(unicodedata.normalize("NFKC", text).casefold())


def simplified(text: str) -> str:
    """`text` with each traditional character replaced by its simplified form; idempotent, and as long as before."""
    traditional, forms = _traditional()
    return text.translate(forms) if traditional.search(text) else text


@cache
def _traditional() -> tuple[re.Pattern[str], dict[int, str]]:
    """What finds a traditional character, and each one's simplified form, as OpenCC knows them."""
    characters = [chr(code) for code in _IDEOGRAPHS]
    # By the line: neighbours would change what a character becomes.
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    forms = {
        ord(character): simple
        for character, simple in zip(characters, converted, strict=True)
        if simple != character and len(simple) == 1
    }
    return re.compile(f"[{''.join(map(chr, forms))}]"), forms
