"""The sample is a promise: so many complaints of each sort, none of them about anybody who exists."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from deploy.local.feed import SAMPLE, desk_submissions
from services.intake.channels.department_line import DepartmentLineForm
from services.intake.channels.mailbox import Mail, Refusal, RefusalCode, read_mail
from services.intake.channels.submission import SUBMISSION
from services.intake.platforms.export_files import read_rows
from services.intake.platforms.importing import read_platform
from shared.language import Channel, Kind
from shared.policy_files import load_policy
from shared.redaction import redact

MAILS = sorted((SAMPLE / "mail").glob("*.eml"))
EXPECTED_OF_MAILS: dict[str, Any] = json.loads((SAMPLE / "mail" / "expected.json").read_text(encoding="utf-8"))
LINES: list[dict[str, Any]] = [
    json.loads(line) for line in (SAMPLE / "complaints.ndjson").read_text(encoding="utf-8").splitlines()
]
# What was submitted twice counts once.
COMPLAINTS = list({(line["channel"], line["external_id"]): line for line in LINES}.values())
POLICY_FILES = Path(__file__).parents[3] / "deploy" / "policy" / "zhenping"
POLICY = load_policy(POLICY_FILES)
DEPARTMENTS = set(POLICY.departments)


def tags(complaint: dict[str, Any]) -> set[str]:
    """The words before the colon of the note: what makes this complaint a hard one."""
    head, colon, _ = (complaint["expected"]["note"] or "").partition(":")
    return set(head.split(", ")) if colon else set()


def tagged(tag: str) -> list[dict[str, Any]]:
    return [complaint for complaint in COMPLAINTS if tag in tags(complaint)]


def words(complaint: dict[str, Any]) -> str:
    return f"{complaint['title'] or ''}\n{complaint['text']}"


def test_there_are_hundreds_of_complaints() -> None:
    assert len(LINES) >= 420


def test_the_intake_can_read_every_line() -> None:
    for line in LINES:
        submission = {name: value for name, value in line.items() if name != "expected"}
        SUBMISSION.validate_json(json.dumps(submission))


def test_an_id_comes_twice_only_where_the_same_complaint_is_sent_again() -> None:
    by_id = defaultdict(list)
    for line in LINES:
        by_id[line["external_id"]].append(line)
    repeated = [lines for lines in by_id.values() if len(lines) > 1]
    assert len(repeated) >= 10
    assert all(lines == [lines[0]] * 2 for lines in repeated)


def test_near_duplicates_tell_of_an_earlier_complaint_in_other_words() -> None:
    by_id = {complaint["external_id"]: complaint for complaint in COMPLAINTS}
    duplicates = tagged("near duplicate")
    assert len(duplicates) >= 15
    for duplicate in duplicates:
        earlier = by_id[duplicate["expected"]["note"].rsplit(" ", 1)[1]]
        assert earlier["external_id"] < duplicate["external_id"]
        assert earlier["expected"]["department"] == duplicate["expected"]["department"]


def test_no_two_complaints_share_a_sentence() -> None:
    owners: dict[str, str] = {}
    for complaint in COMPLAINTS:
        text = complaint["text"]
        for start in range(len(text) - 19):
            owner = owners.setdefault(text[start : start + 20], complaint["external_id"])
            assert owner == complaint["external_id"]


def test_rather_more_come_by_telephone_than_by_web() -> None:
    by_channel = Counter(complaint["channel"] for complaint in COMPLAINTS)
    assert by_channel.keys() == {Channel.HOTLINE_12345, Channel.WEB_PORTAL}
    assert by_channel[Channel.HOTLINE_12345] / len(COMPLAINTS) == pytest.approx(0.55, abs=0.05)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_there_many_times(kind: Kind) -> None:
    assert sum(complaint["kind"] == kind for complaint in COMPLAINTS) >= 20


@pytest.mark.parametrize("town", POLICY.towns)
def test_every_town_complains(town: str) -> None:
    assert sum(complaint["place"] == town for complaint in COMPLAINTS) >= 10


def test_only_departments_of_the_county_are_named() -> None:
    named = {complaint["expected"]["department"] for complaint in COMPLAINTS}
    accused = {complaint["accused"] for complaint in COMPLAINTS} - {None}
    by_mail = {expected["department"] for expected in EXPECTED_OF_MAILS.values()} - {None}
    assert named | accused | by_mail <= DEPARTMENTS


@pytest.mark.parametrize("department", sorted(DEPARTMENTS))
def test_every_department_gets_several_complaints(department: str) -> None:
    assert sum(complaint["expected"]["department"] == department for complaint in COMPLAINTS) >= 5


@pytest.mark.parametrize(
    ("tag", "share"),
    [("accusation", 0.12), ("hard negative", 0.08), ("out of scope", 0.045), ("urgent", 0.075)],
)
def test_the_hard_ones_have_their_share(tag: str, share: float) -> None:
    assert len(tagged(tag)) >= share * len(COMPLAINTS)


def test_an_accusation_goes_to_the_supervision_office_and_never_to_whom_it_accuses() -> None:
    accusations = tagged("accusation")
    assert {complaint["expected"]["department"] for complaint in accusations} == {POLICY.supervision_office}
    assert all(complaint["accused"] != POLICY.supervision_office for complaint in accusations)


def test_many_departments_are_accused_with_and_without_the_form_saying_so() -> None:
    accused = Counter(complaint["accused"] for complaint in tagged("accusation"))
    assert accused[None] >= 10
    assert len(accused.keys() - {None}) >= 20


def test_only_an_accusation_names_an_accused() -> None:
    assert all("accusation" in tags(complaint) for complaint in COMPLAINTS if complaint["accused"])


def test_who_only_mentions_a_department_does_not_reach_the_supervision_office() -> None:
    assert all(
        complaint["expected"]["department"] != POLICY.supervision_office for complaint in tagged("hard negative")
    )


def test_what_is_out_of_scope_waits_at_the_triage_desk() -> None:
    assert {complaint["expected"]["department"] for complaint in tagged("out of scope")} == {POLICY.triage_desk}


def test_some_urgent_ones_are_marked_and_some_are_left_to_the_text() -> None:
    marks = Counter(complaint.get("urgency") for complaint in tagged("urgent"))
    assert marks.keys() == {"urgent", None}
    assert min(marks.values()) >= 10


def test_texts_are_as_long_and_as_short_as_real_ones() -> None:
    lengths = sorted(len(complaint["text"]) for complaint in COMPLAINTS)
    assert lengths[4] <= 10
    assert lengths[-3] >= 1500


@pytest.mark.parametrize(
    "characters",
    ["[\U00020000-\U0003ffff]", "[\U0001f300-\U0001faff]", "[０-９]", "[請縣鎮問開]", "[啷莫冇哈嘛]"],
    ids=["rare", "emoji", "full-width digits", "traditional", "dialect"],
)
def test_texts_have_the_characters_that_real_ones_have(characters: str) -> None:
    assert sum(re.search(characters, words(complaint)) is not None for complaint in COMPLAINTS) >= 1


def names_somebody(text: str) -> bool:
    return redact(text) != text


def test_personal_numbers_stand_in_some_texts() -> None:
    assert sum(names_somebody(complaint["text"]) for complaint in COMPLAINTS) >= 0.055 * len(COMPLAINTS)


# Nobody has these: a block of mobile numbers that is not in use, people born before 1905, plates and cards of zeros.
INVENTED = re.compile(
    r"(?:\+86 ?)?(?:138[- ]?0000[- ]?|１３８－?００００－?|一三八零零零零)(?:[0-9０-９]{4}|[零一二三四五六七八九]{4})"
    r"|610927190[0-4][0-9]{7}[0-9X]"
    r"|陕G(?=(?:[A-Z1-9]*0){3})[0-9A-Z]{4,6}学?"
    r"|6222 ?0000 ?0000 ?0000 ?[0-9]{3}"
    r"|0915-8000[0-9]{3}"
    r"|u[0-9]{2}@mail\.example"
)


def test_every_personal_number_in_a_text_is_invented() -> None:
    assert not [
        complaint["external_id"] for complaint in COMPLAINTS if names_somebody(INVENTED.sub("", words(complaint)))
    ]


def test_reporters_are_invented() -> None:
    for reporter in (complaint["reporter"] for complaint in COMPLAINTS if complaint["reporter"]):
        assert reporter["name"] is None or reporter["name"].startswith("测试用户")
        assert reporter["phone"] is None or re.fullmatch(r"1380000[0-9]{4}", reporter["phone"])


def test_the_clerks_of_the_centre_and_of_the_departments_register_too() -> None:
    desks = [SUBMISSION.validate_json(json.dumps(one)) for one in desk_submissions()]
    assert {desk.channel for desk in desks} == {Channel.SERVICE_CENTER, Channel.DEPARTMENT_LINE}
    assert {desk.received_by for desk in desks if isinstance(desk, DepartmentLineForm)} <= DEPARTMENTS
    for desk in desks:
        assert not names_somebody(INVENTED.sub("", desk.text))
        if desk.reporter:
            assert re.fullmatch(r"测试用户.*", desk.reporter.name or "")
            assert re.fullmatch(r"1380000[0-9]{4}", desk.reporter.phone or "")


def test_the_platforms_exports_name_nobody() -> None:
    platform = read_platform(POLICY_FILES / "platforms" / "wenzheng.yaml")
    rows = [row for export in sorted((SAMPLE / "platforms").iterdir()) for row in read_rows(export, platform)]
    assert len(rows) >= 12
    for row in rows:
        assert not names_somebody(INVENTED.sub("", row.cells["问政内容"]))
        assert re.fullmatch(r"(测试用户.*)?", row.cells["网民姓名"])
        assert re.fullmatch(r"(1380000[0-9]{4})?", row.cells["联系电话"])


def test_an_anonymous_complaint_has_no_reporter() -> None:
    anonymous = [complaint for complaint in COMPLAINTS if complaint["confidentiality"] == "anonymous"]
    assert anonymous
    assert all(complaint["reporter"] is None for complaint in anonymous)


def test_every_mail_says_what_it_is_there_for() -> None:
    assert len(MAILS) >= 24
    assert [mail.name for mail in MAILS] == sorted(EXPECTED_OF_MAILS)
    assert all(expected["why"] for expected in EXPECTED_OF_MAILS.values())


def message_ids() -> dict[str, list[str]]:
    names = defaultdict(list)
    for mail in MAILS:
        match read_mail(mail.read_bytes()):
            case Mail(external_id=external_id):
                names[external_id].append(mail.name)
            case Refusal():
                pass
    return names


def test_a_mail_makes_a_ticket_unless_it_is_refused_or_came_before() -> None:
    first = {names[0] for names in message_ids().values()}
    assert first == {name for name, expected in EXPECTED_OF_MAILS.items() if expected["ticket"]}


def test_one_mail_comes_twice() -> None:
    assert any(len(names) > 1 for names in message_ids().values())


def test_machines_write_too() -> None:
    refused = {read.code for mail in MAILS if isinstance(read := read_mail(mail.read_bytes()), Refusal)}
    assert {RefusalCode.AUTOMATIC, RefusalCode.BULK} <= refused


@pytest.mark.parametrize("file", MAILS, ids=lambda file: file.name)
def test_a_mail_can_be_read_to_the_last_character_and_names_nobody(file: Path) -> None:
    mail = read_mail(file.read_bytes())
    if isinstance(mail, Mail):
        said = f"{mail.subject or ''}\n{mail.text}"
        assert "\ufffd" not in said
        assert not names_somebody(INVENTED.sub("", said))
        assert mail.sender.email is not None
        assert mail.sender.email.endswith("@mail.example")
