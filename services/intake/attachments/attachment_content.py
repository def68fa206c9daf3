"""What of an uploaded file is kept: a photograph or a PDF, told by its bytes, without what a picture tells of itself.

A photograph is decoded and written anew, which leaves behind all that is not picture: place, camera, thumbnails,
comments, profiles, and whatever was hidden behind its end. It is turned upright first, because how to hold it stood
there too.
"""

import io
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from PIL import Image, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_COUNT = 9

# More than any screen shows; what a telephone sees beyond it proves nothing that a smaller picture does not.
_LONGEST_SIDE = 4096
# A decoded pixel takes three or four bytes. A JPEG of the usual kind is made smaller while it is decoded.
_MAX_PIXELS = 24_000_000
_MAX_PIXELS_OF_JPEG = 64_000_000
_DECODED_AT_ONCE = 16_000_000
# `_pixels_are_few` looks before a pixel is decoded; the library would only warn.
Image.MAX_IMAGE_PIXELS = None


class MediaType(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Content:
    """What is stored and handed out."""

    media_type: MediaType
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> bytes:
        return sha256(self.data).digest()


class AttachmentRefused(Exception):
    """A file that is not kept; `code` is for figures, `zh` and `en` say why."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.code = code
        self.zh = zh
        self.en = en


# Functions, not constants: an exception that is raised again and again keeps everything that it ever passed alive.
def too_large() -> AttachmentRefused:
    megabytes = MAX_BYTES // 1024 // 1024
    return AttachmentRefused(
        "too_large", f"附件过大，每个最多 {megabytes} MB。", f"It is too large; each may have at most {megabytes} MB."
    )


def too_many() -> AttachmentRefused:
    return AttachmentRefused(
        "too_many",
        f"附件过多，每件诉求最多 {MAX_COUNT} 个。",
        f"There are too many; a complaint may have at most {MAX_COUNT}.",
    )


def _empty() -> AttachmentRefused:
    return AttachmentRefused("empty", "附件没有内容。", "It is empty.")


def _wrong_type() -> AttachmentRefused:
    return AttachmentRefused(
        "type",
        "不支持这种附件，请上传照片（JPEG、PNG、WebP）或 PDF 文件。",
        "It is of no kind that is taken; please send a photograph (JPEG, PNG, WebP) or a PDF.",
    )


def _damaged() -> AttachmentRefused:
    return AttachmentRefused("damaged", "附件已损坏，无法读取。", "It is damaged and cannot be read.")


def _too_many_pixels() -> AttachmentRefused:
    return AttachmentRefused(
        "pixels", "照片的像素过多，请缩小后再上传。", "The picture has too many pixels; please send a smaller one."
    )


def examine(data: bytes) -> Content:
    """What is kept of `data`; AttachmentRefused says why nothing is. The name and the type it came with say nothing."""
    if not data:
        raise _empty()
    if len(data) > MAX_BYTES:
        raise too_large()
    match sniff(data):
        case None:
            raise _wrong_type()
        case MediaType.PDF:
            return Content(MediaType.PDF, data)
        case image_type:
            content = _picture_only(image_type, data)
            if len(content.data) > MAX_BYTES:
                raise too_large()
            return content


def sniff(data: bytes) -> MediaType | None:
    """The type that the first bytes say, and of a PDF the last ones too; None for all that is not taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return MediaType.WEBP
    # As readers look for it (ISO 32000-1, annex H.3.18): some programs leave bytes behind the end.
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-1024:]:
        return MediaType.PDF
    return None


_FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}


def _picture_only(media_type: MediaType, data: bytes) -> Content:
    try:
        with Image.open(io.BytesIO(data), formats=(_FORMATS[media_type],)) as image:
            picture = _written_anew(media_type, image) if _pixels_are_few(image) else None
    except Exception:  # noqa: BLE001  # the library lists no errors, and each of them means the same here
        raise _damaged() from None
    if picture is None:
        raise _too_many_pixels()
    return Content(media_type, picture)


def _pixels_are_few(image: Image.Image) -> bool:
    # MPO: what telephones write behind one JPEG's end, such as a map of its brightness.
    halved_while_decoded = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    return image.width * image.height <= (_MAX_PIXELS_OF_JPEG if halved_while_decoded else _MAX_PIXELS)


def _written_anew(media_type: MediaType, image: Image.Image) -> bytes:
    if media_type is MediaType.JPEG:
        part = next(n for n in (1, 2, 4) if image.width * image.height <= _DECODED_AT_ONCE * n * n)
        image.draft(None, (image.width // part, image.height // part))
    ImageOps.exif_transpose(image, in_place=True)
    mode = _mode(media_type, image)
    picture = image if image.mode == mode else image.convert(mode)
    if max(picture.size) > _LONGEST_SIDE:
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    # All that is not pixels stands here, and would be written too.
    picture.info.clear()
    out = io.BytesIO()
    if media_type is MediaType.PNG:
        picture.save(out, "PNG")
    else:
        picture.save(out, _FORMATS[media_type], quality=90)
    return out.getvalue()


def _mode(media_type: MediaType, image: Image.Image) -> str:
    if media_type is MediaType.JPEG:
        return "L" if image.mode == "L" else "RGB"
    if image.has_transparency_data:
        return "RGBA"
    return "L" if image.mode in ("1", "L") and media_type is MediaType.PNG else "RGB"
