"""What is kept of an uploaded file: pictures and PDFs by their bytes, and nothing of a picture but the picture."""

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from services.intake.attachments import attachment_content
from services.intake.attachments.attachment_content import MAX_BYTES, AttachmentRefused, MediaType, examine, sniff

PLACE = b"TOLD-BY-THE-CAMERA"
PDF = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red at the top left, green at the top right, blue at the bottom left, white at the bottom right."""
    picture = Image.new("RGB", size)
    width, height = size
    for colour, x, y in ((RED, 0, 0), (GREEN, 1, 0), (BLUE, 0, 1), (WHITE, 1, 1)):
        picture.paste(colour, (x * width // 2, y * height // 2, (x + 1) * width // 2, (y + 1) * height // 2))
    return picture


def exif(orientation: int = 1) -> Image.Exif:
    told = Image.Exif()
    told[Base.Orientation] = orientation
    told[Base.Make] = told[Base.Model] = told[Base.Artist] = PLACE.decode()
    told.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (31.0, 53.0, 2.5), GPS.GPSAreaInformation: PLACE}
    )
    told.get_ifd(IFD.Exif)[Base.UserComment] = PLACE
    return told


def encoded(picture: Image.Image, media_type: MediaType, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, FORMATS[media_type], **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def refusal(data: bytes) -> str:
    with pytest.raises(AttachmentRefused) as refused:
        examine(data)
    assert refused.value.zh
    assert refused.value.en
    return refused.value.code


def kept_or_code(data: bytes) -> str:
    """The code of the refusal, or the type of what is kept, which is what its bytes say and tells nothing."""
    try:
        content = examine(data)
    except AttachmentRefused as refused:
        return refused.code
    assert sniff(content.data) is content.media_type
    assert PLACE not in content.data
    return content.media_type


@pytest.mark.parametrize("media_type", FORMATS)
def test_place_camera_and_comments_are_gone(media_type: MediaType) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", PLACE.decode())
    more: dict[MediaType, dict[str, Any]] = {
        MediaType.JPEG: {"comment": PLACE, "icc_profile": PLACE * 10, "xmp": PLACE},
        MediaType.PNG: {"pnginfo": note, "icc_profile": PLACE * 10},
        MediaType.WEBP: {"icc_profile": PLACE * 10, "xmp": PLACE},
    }
    data = encoded(corners(), media_type, exif=exif(), **more[media_type])
    # It was there, and where a reader of the camera's words looks for it.
    assert opened(data).getexif().get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] == (31.0, 53.0, 2.5)
    content = examine(data)
    assert content.media_type is media_type
    assert PLACE not in content.data
    left = opened(content.data)
    assert dict(left.getexif()) == {}
    assert left.getexif().get_ifd(IFD.GPSInfo) == {}
    assert not left.info.keys() & {"exif", "icc_profile", "xmp", "comment", "Comment"}


@given(
    media_type=st.sampled_from(sorted(FORMATS)),
    words=st.binary(min_size=8, max_size=60).map(lambda some: b"\x01MARK\x02" + some),
    orientation=st.integers(min_value=1, max_value=8),
    behind=st.booleans(),
)
@settings(max_examples=60)
def test_nothing_that_a_picture_told_is_left(
    media_type: MediaType, words: bytes, orientation: int, *, behind: bool
) -> None:
    told = exif(orientation)
    told.get_ifd(IFD.Exif)[Base.MakerNote] = words
    data = encoded(corners(), media_type, exif=told) + (b"%%EOF <script>" + words if behind else b"")
    content = examine(data)
    assert b"MARK" not in content.data
    assert b"<script>" not in content.data
    assert dict(opened(content.data).getexif()) == {}


# By EXIF 2.32, 4.6.4: where the first row and the first column of what is stored belong.
UPRIGHT = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_stands_upright_without_being_told_how(media_type: MediaType, orientation: int) -> None:
    picture = opened(examine(encoded(corners(), media_type, exif=exif(orientation))).data).convert("RGB")
    assert picture.size == ((64, 48) if orientation < 5 else (48, 64))
    x, y = picture.width, picture.height
    points = ((x // 4, y // 4), (3 * x // 4, y // 4), (x // 4, 3 * y // 4), (3 * x // 4, 3 * y // 4))
    for point, colour in zip(points, UPRIGHT[orientation], strict=True):
        seen = picture.getpixel(point)
        assert isinstance(seen, tuple)
        assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) < 12, (point, seen, colour)


def test_the_same_picture_is_the_same_content_whoever_took_it() -> None:
    one = examine(encoded(corners(), MediaType.PNG, exif=exif()))
    other = examine(encoded(corners(), MediaType.PNG))
    assert one.sha256 == other.sha256


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr"])
@pytest.mark.parametrize("media_type", FORMATS)
def test_every_kind_of_picture_is_taken(mode: str, media_type: MediaType) -> None:
    picture = corners().convert("L").convert("I;16") if mode == "I;16" else corners().convert(mode)
    try:
        data = encoded(picture, media_type)
    except OSError:
        return  # the format has no such pictures
    assert opened(examine(data).data).size == (64, 48)


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert opened(examine(encoded(clear, MediaType.PNG)).data).getpixel((1, 1)) == (255, 0, 0, 0)


@pytest.mark.parametrize("behind", [b"", b"\r\n", bytes(900)])
def test_a_pdf_is_kept_as_it_is(behind: bytes) -> None:
    content = examine(PDF + behind)
    assert (content.media_type, content.data) == (MediaType.PDF, PDF + behind)


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"GIF89a" + bytes(20),
        b"\x00\x00\x00\x18ftypmp42" + bytes(20),
        b"PK\x03\x04" + bytes(30),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4 without an end",
        b"MZ" + bytes(60),
        "路灯坏了".encode(),
        # Something else in front of a PDF or a picture.
        b"<html>" + PDF,
        b" \xff\xd8\xff",
    ],
)
def test_other_kinds_are_refused(data: bytes) -> None:
    assert refusal(data) == "type"


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\x00\x00\x00WEBPVP8 "])
def test_what_only_begins_as_a_picture_is_damaged(start: bytes) -> None:
    assert refusal(start + b"<script>alert(1)</script>") == "damaged"


@pytest.mark.parametrize("media_type", FORMATS)
def test_half_a_picture_is_damaged(media_type: MediaType) -> None:
    data = encoded(Image.effect_noise((200, 200), 90), media_type)
    assert refusal(data[: len(data) // 2]) == "damaged"


@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_are_kept_or_refused_with_a_reason(data: bytes) -> None:
    assert kept_or_code(data) in {"empty", "type", "damaged"} | set(MediaType)


@given(st.sampled_from(sorted(FORMATS)), st.data())
@settings(max_examples=60)
def test_a_picture_with_any_bytes_changed_is_kept_or_refused(media_type: MediaType, drawn: st.DataObject) -> None:
    data = bytearray(encoded(corners(), media_type, exif=exif()))
    for at in drawn.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=8)):
        data[at] = drawn.draw(st.integers(0, 255))
    assert kept_or_code(bytes(data)) in {"type", "damaged", "pixels"} | set(MediaType)


def test_a_file_may_have_its_ten_megabytes_and_no_more() -> None:
    end = b"\n%%EOF"
    assert len(examine(PDF[:9] + bytes(MAX_BYTES - 9 - len(end)) + end).data) == MAX_BYTES
    assert refusal(PDF[:9] + bytes(MAX_BYTES - 8 - len(end)) + end) == "too_large"


@pytest.mark.parametrize("media_type", [MediaType.PNG, MediaType.WEBP])
def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused_unopened(
    media_type: MediaType, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = encoded(Image.new("L", (9000, 3000)), media_type)
    assert len(bomb) < 100_000
    monkeypatch.setattr(attachment_content, "_written_anew", None)
    assert refusal(bomb) == "pixels"


def test_of_several_pictures_in_one_file_the_first_is_kept() -> None:
    out = io.BytesIO()
    corners((8000, 4000)).save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), RED)], exif=exif())
    content = examine(out.getvalue())
    assert content.media_type is MediaType.JPEG
    kept = opened(content.data)
    assert (kept.format, getattr(kept, "n_frames", 1), kept.size) == ("JPEG", 1, (4000, 2000))
    assert PLACE not in content.data


def test_a_picture_of_a_new_telephone_is_made_smaller() -> None:
    data = encoded(Image.new("RGB", (8000, 4000), RED), MediaType.JPEG, exif=exif(6))
    content = examine(data)
    assert opened(content.data).size == (2000, 4000)
