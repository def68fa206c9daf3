"""The files of a complaint as a page says them: what kind, how large, since when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.intake.attachments.attachment_content import MediaType
from shared.china_time import local_time

_KINDS: Mapping[str, str] = {
    MediaType.JPEG: "照片 photo (JPEG)",
    MediaType.PNG: "图片 picture (PNG)",
    MediaType.WEBP: "图片 picture (WebP)",
    MediaType.PDF: "文件 document (PDF)",
}
_KILOBYTE, _MEGABYTE = 1024, 1024 * 1024


def in_words(listed: Mapping[str, Any]) -> dict[str, Any]:
    """What the API lists of a complaint's files, for people; the times may be written out already."""
    return {
        "files": [
            {
                "sha256": one["sha256"],
                "kind": _KINDS[one["media_type"]],
                "size": size_in_words(one["size"]),
                "at": _local(one["at"]),
            }
            for one in listed["attachments"]
        ],
        "refused": [one["reason"] for one in listed["refused"]],
    }


def size_in_words(size: int) -> str:
    """To a tenth of a megabyte, or to the kilobyte, never nothing."""
    if size >= _MEGABYTE:
        return f"{size / _MEGABYTE:.1f} MB"
    return f"{max(1, round(size / _KILOBYTE))} KB"


def _local(at: str | datetime) -> str:
    return local_time(datetime.fromisoformat(at) if isinstance(at, str) else at)
