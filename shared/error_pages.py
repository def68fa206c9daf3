"""An error as a page, where a person at a browser reads it: what was wrong, what to do, and what was typed.

Programs get problem details (shared/http.py); `asks_for_page` is the one rule that tells the two apart.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.pages import Pages
from shared.session import CSRF_FIELD, SAFE_METHODS, ForgedForm, require_same_site
from shared.validation import FieldError

__all__ = ["LOGIN", "asks_for_page", "error_page", "too_large_page"]

LOGIN = "/login"

_PAGES = Pages()

_TITLES: Mapping[int, str] = {
    401: "请先登录 Please log in",
    403: "不能这样操作 Not allowed",
    404: "没有找到 Not found",
    413: "内容过大 Too large",
    422: "填写有误 Something is wrong",
    429: "请稍候再试 Please wait",
    503: "系统暂时不可用 Away for a moment",
}
_OTHER_TITLE = "请求无法处理 This cannot be done"
_ADVICE: Mapping[int, str] = {
    401: "请在新窗口登录，再回到本页。 Log in in a new window, then come back to this page.",
    403: "请刷新原页面，或换用有权限的账号登录。 Reload the page you came from, or log in as somebody who may.",
    404: "请核对地址是否完整。 Check that the address is complete.",
    413: "请按浏览器的“返回”键，减少或缩小照片、缩短文字后再提交。"
    " Go back in the browser, choose fewer or smaller photos or say it shorter, and send it again.",
    422: "请按浏览器的“返回”键，改正后再提交。 Go back in the browser, mend it, and send it again.",
    429: "请稍候片刻再试。 Wait for a while and try again.",
}
_OTHER_ADVICE = "请稍后重试，或拨打12345。 Please try again later, or call 12345."

# With these the form was good and only the moment was not: it may be sent again as it is.
_MAY_BE_SENT_AGAIN = frozenset({401, 403, 429, 503})
# A larger form holds files, which no page can hand back, and is not read only to be refused.
_LARGEST_REPEATED = 256 * 1024
_FIELDS = 50
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

Typed: TypeAlias = Sequence[tuple[str, str]]


def asks_for_page(request: Request) -> bool:
    """Whether a person at a browser reads the answer: it asks for HTML and bears no token of its own."""
    return "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers


async def error_page(
    request: Request,
    status: int,
    told: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`told` says what was wrong; a form that may be sent again stands in the page as it was typed."""
    typed, files = await _typed(request) if status in _MAY_BE_SENT_AGAIN else ((), False)
    page = _page(request, status, told, errors, typed, files=files)
    page.headers.update(headers or {})
    return page


def too_large_page(request: Request, told: str) -> bytes:
    """The page for a body that was not read."""
    return bytes(_page(request, 413, told, (), (), files=False).body)


def _page(
    request: Request, status: int, told: str, errors: Sequence[FieldError], typed: Typed, *, files: bool
) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _PAGES.render(
        request,
        "error.html",
        status=status,
        code=status,
        heading=_TITLES.get(status, _OTHER_TITLE),
        told=told,
        advice=_ADVICE.get(status, _OTHER_ADVICE),
        errors=errors,
        action=asked,
        typed=typed,
        files=files,
        login=_login_for(request, asked) if status in {401, 403} else None,
    )


def _login_for(request: Request, asked: str) -> str:
    return f"{LOGIN}?{urlencode({'to': asked})}" if request.method in SAFE_METHODS else LOGIN


async def _typed(request: Request) -> tuple[Typed, bool]:
    """The fields of the request's form, and whether it held files; nothing of a form that is not from our own page."""
    if not _may_be_read(request):
        return (), False
    try:
        require_same_site(request)
        form = await request.form(max_files=_FIELDS, max_fields=_FIELDS)
    except (ForgedForm, HTTPException, ClientDisconnect, RuntimeError):
        # RuntimeError: the body was read by somebody else, in another form.
        return (), False
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != CSRF_FIELD]
    return fields, any(isinstance(value, UploadFile) and value.filename for value in form.values())


def _may_be_read(request: Request) -> bool:
    length = request.headers.get("content-length", "")
    return (
        request.method == "POST"
        # Neither a token nor a log-out is to be sent twice.
        and request.url.path not in {LOGIN, "/logout"}
        and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS
        and length.isascii()
        and length.isdigit()
        and int(length) <= _LARGEST_REPEATED
    )
