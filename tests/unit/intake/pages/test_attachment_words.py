"""How a page says the files of a complaint."""

from datetime import UTC, datetime

import pytest

from services.intake.pages.attachment_words import in_words, size_in_words

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 KB"), (2048, "2 KB"), (1024 * 1024, "1.0 MB"), (10 * 1024 * 1024, "10.0 MB")]
)
def test_a_size_is_said_as_people_say_it(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_times_are_chinas_whether_they_come_from_the_table_or_from_the_api() -> None:
    listed = {"media_type": "image/jpeg", "size": 2048, "sha256": "00" * 32}
    told = in_words({"attachments": [listed | {"at": AT}, listed | {"at": "2026-11-24T01:30:00Z"}], "refused": []})
    assert {one["at"] for one in told["files"]} == {"2026-11-24 09:30"}


def test_what_was_not_kept_is_told_with_its_reason() -> None:
    refused = [{"number": 1, "reason": "文件过大。 Too large.", "at": AT}]
    assert in_words({"attachments": [], "refused": refused}) == {"files": [], "refused": ["文件过大。 Too large."]}
