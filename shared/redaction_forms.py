"""How people write personal numbers, as parts of patterns.

They are matched against a text whose full-width characters and foreign digits are folded to ASCII and whose traditional
characters to simplified ones, so they speak of ASCII, simplified characters and Chinese digits only.
"""

# Every traditional form, as OpenCC knows them, of a character that stands in a pattern.
TRADITIONAL = (
    "萬個箇為爲鄉雲衛叄檯臺颱號衕迴塊學寧帳戶釦護撥掛晉機滬點瓊電碼粵係繫"
    "綠緑聯緻囌蘇絡懞濛矇證証話賬貳貴贛轉遼銀閩陸陝魯鵝"
)
SIMPLIFIED = (
    "万个个为为乡云卫叁台台台号同回块学宁帐户扣护拨挂晋机沪点琼电码粤系系"
    "绿绿联致苏苏络蒙蒙蒙证证话账贰贵赣转辽银闽陆陕鲁鹅"
)


def as_written(characters: str) -> str:
    """`characters` with the traditional forms of each, for what is judged before folding."""
    forms = zip(TRADITIONAL, SIMPLIFIED, strict=True)
    return characters + "".join(traditional for traditional, simple in forms if simple in characters)


RINGED = "⓪①②③④⑤⑥⑦⑧⑨"
SPOKEN = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
SPOKEN_TO_DIGIT = str.maketrans(SPOKEN, "000123456789" + "1" + "123456789")
D = f"[0-9{SPOKEN}]"
# What people put between the groups of a number, invisible characters and the halves of keycaps included.
SEPARATOR = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212._·•・~*()\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]"
S = f"{SEPARATOR}?"
# Between any two digits of identity numbers and cards: with full stops, rows of marks and prices would be some.
GAP = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]?"
# Between groups of the usual lengths there can be more.
BETWEEN = r"[ \t\n\xa0\u3000\-\u2010-\u2015\u2212._·•・、,/]{1,3}"
SS = f"{SEPARATOR}{{0,3}}"
SS1 = f"{SEPARATOR}{{1,3}}"
# Spoken digits do not bound a number: 一 in "13812345678一直没人接" is a word.
START = r"(?<![0-9])"
# The same, said behind the first character: a pattern that begins with a set of characters is looked for many times
# faster.
FIRST = r"(?<![0-9].)"
END = r"(?![0-9])"

COUNTRY = rf"(?:(?:\+|00)?86{SS}|0)?"
MOBILE_HEAD = "[1一幺壹][3-9三四五六七八九叁肆伍陆柒捌玖]"
# The groupings in use; any other would join a price to a date.
MOBILE = (
    rf"{MOBILE_HEAD}{D}{SS}{D}{{4}}{SS}{D}{{4}}"
    rf"|{MOBILE_HEAD}{D}{{2}}{SS1}{D}{{3}}{SS1}{D}{{4}}"
    rf"|{MOBILE_HEAD}{D}{SS1}{D}{{3}}{SS1}{D}{{5}}"
    rf"|{MOBILE_HEAD}{D}{SS1}{D}{{2}}{SS1}{D}{{3}}{SS1}{D}{{3}}"
    rf"|[1一幺壹]{SEPARATOR}{{1,2}}[3-9三四五六七八九](?:{SEPARATOR}{{1,2}}{D}){{9}}(?:\ufe0f?\u20e3)?"
    rf"|{MOBILE_HEAD}{D}{{2}}[ -]{D}{{4}}[ -]{D}{{3}}"
    rf"|{MOBILE_HEAD}{D}{{3}}[ -]{D}{{3}} ?{D}{{3}}"
    rf"|{MOBILE_HEAD}{D}[/,]{D}{{4}}[/,]{D}{{4}}"
)
# What would join other things too, where no word calls it a telephone.
CALLED_MOBILE = (
    rf"1{FIRST}[3-9]"
    rf"(?:[0-9]{BETWEEN}(?:[0-9]{{4}}{BETWEEN}[0-9]{{4}}|[0-9]{{8}}|[0-9]{{2}}(?: [0-9]{{2}}){{3}})|[0-9oO]{{9}})"
)
# Area codes: 010 and 02x with eight digits, 03xx to 09xx with seven or eight.
AREA_SS = r"[ \t\xa0\u3000\-\u2010-\u2015\u2212._·~/()]{0,3}"
ZERO = "[零〇○]"
LANDLINE = (
    rf"\(?0(?:10|2[0-9]){AREA_SS}[2-8][0-9]{{3}}{S}[0-9]{{4}}"
    rf"|\(?0[3-9][0-9]{{2}}{AREA_SS}[2-8][0-9]{{2,3}}{S}[0-9]{{4}}"
    rf"|(?:\+|00)86{SS}(?:10|2[0-9]|[3-9][0-9]{{2}}){SS}[2-8][0-9]{{2,3}}{S}[0-9]{{4}}"
    rf"|{ZERO}(?:[一幺]{ZERO}|[二三四五六七八九][{SPOKEN}]{{1,2}}){S}[二三四五六七八][{SPOKEN}]{{2,3}}{S}[{SPOKEN}]{{4}}"
)
EXTENSION = r"(?: ?(?:转分机|转|分机|-|#|(?i:ext\.?|x)) ?[0-9]{1,5})?"
# Without an area code seven digits are a telephone only where they are called one; eight may be a date.
LOCAL = (
    r"(?:电话|座机|固话|联[系络]方式|[Tt][Ee][Ll])(?:号码|号)?[是为:：\s]{0,3}"
    r"(?P<it>(?!20[0-9]{6})[2-8][0-9]{2,3}[ -]?[0-9]{4})"
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
MAIL_NAME, MAIL_PART = r"[A-Za-z0-9._%+\-]{1,64}", r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"

# What a word must introduce: ids of messengers and passports look like anything.
ID_WORD = r"(?: ?(?:号码|[账帐]号|[Ii][Dd]|同号|号|名))"
IS = r"[ 是为:(]{0,3}"
NO_AMOUNT = r"(?![0-9A-Za-z_\-]| ?[元块万人步个次])"
QQ_WORD = r"(?:(?<![A-Za-z])[Qq] ?[Qq]|扣扣|企鹅|(?<![A-Za-z])[Qq](?=号)|加[Qq])"
WECHAT_WORD = (
    r"(?:[微薇威]信|卫星(?=号)|[Vv]信|绿泡泡|[加+][Vv]|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|[Ww][Ee][Cc][Hh][Aa][Tt]))"
)
WECHAT_NAME = r"[A-Za-z][A-Za-z0-9_\-]{5,19}"
PASSPORT_WORD = r"(?:护照|[Pp]assport|PASSPORT|通行证|台胞证|回乡证)"
