# ruff: noqa: E501  # a table reads best with one damage a line
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from shared.counting import Starts
from shared.language import Kind, Urgency
from shared.policy import DEFAULT_REPEAT_WINDOW, DEFAULT_RETENTION
from shared.policy_files import PolicyInvalid, load_policy
from shared.policy_problems import Problem
from shared.term import Term
from tests.unit.shared.small_policy import FILES, write_policy


@dataclass(frozen=True)
class Damage:
    """One edit of the small policy, and what the author must then be told."""

    file: str
    old: str
    new: str
    # The problem stands on the line that holds this after the edit.
    where: str
    message: str
    mend: str


DAMAGES = [
    Damage("county", "triage_desk: triage-desk", "triage_desk: triage-dsk", "triage-dsk", "unknown department 'triage-dsk'", "write 'triage-desk'"),
    Damage("county", "supervision_office: supervision-office", "supervision_office: nobody", "nobody", "unknown department 'nobody'", "write one of health, supervision-office, triage-desk, water"),
    Damage("county", "supervision_office: supervision-office\n", "", "name: 小县", "supervision_office is missing", "write supervision_office: …"),
    Damage("county", "supervision_office: supervision-office", "supervision_office: triage-desk", "supervision_office", "is the triage desk as well", "write two different departments"),
    Damage("county", "towns: [东镇, 西镇]", "towns: [东镇, 东镇]", "towns", "'东镇' stands in this list twice", "keep one of the two"),
    Damage("county", "towns: [东镇, 西镇]", "towns: []", "towns", "towns is empty", "write at least one entry"),
    Damage("county", "towns: [东镇, 西镇]", "towns: [东镇, 西镇]\ntown_positions: {东真: {latitude: 31.9, longitude: 109.5}}", "town_positions", "unknown town '东真'", "write one of 东镇, 西镇"),
    Damage("county", "towns: [东镇, 西镇]", "towns: [东镇, 西镇]\ntown_positions: {东镇: {latitude: 319, longitude: 109.5}}", "town_positions", "latitude", ""),
    Damage("county", "towns: [东镇, 西镇]", "towns: 东镇", "towns", "towns must be a list, not '东镇'", "write it as [first, second]"),
    Damage("county", "name: 小县", "name: 小县\nname: 大县", "大县", "'name' is written twice, first on line 1", "keep one of the two"),
    Damage("county", "name: 小县", "name:", "name:", "name must be text, not empty", "write it in quotes"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nretention_days: 30", "retention_days", "retention_days is '30'", "write at least 180"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nrepeat_window_days: 400", "repeat_window_days", "repeat_window_days is '400'", "write at most 366"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nretention_days: 3y", "retention_days", "retention_days is '3y'", "write a whole number"),
    Damage("county", "name: 小县", "name: true", "name", "name must be text, not true", "write it in quotes"),
    Damage("departments", "enforcement: true", "enforcment: true", "enforcment", "unknown field departments[1].enforcment", "write 'enforcement'"),
    Damage("departments", "enforcement: true", "enforcement: maybe", "maybe", "departments[1].enforcement is 'maybe'", "write true or false"),
    Damage("departments", "kind: triage", "kind: triag", "kind: triag", "departments[3].kind is 'triag'", "write 'triage'"),
    Damage("departments", "code: health", "code: water", "code: water\n    name: 卫生局", "the code 'water' is taken, see line 2", "write another code"),
    Damage("departments", "name: 卫生局", "name: 水利局", "水利局\n  - code: triage-desk", "the name '水利局' is taken, see line 3", "write another name"),
    Damage("departments", "name: 卫生局", "name: 卫生局\n    short_names: [水务局]", "short_names: [水务局]\n  - code: triage", "'水务局' already means 'water'", "keep it with one of the two departments"),
    Damage("departments", "code: health", "code: Health_Office", "Health_Office", "departments[2].code is 'Health_Office'", "write lower-case letters, digits and single hyphens"),
    Damage("departments", "titles: [河长]", "titles: [河]", "titles", "departments[1].titles[1] is too short: '河'", "write at least 2 characters"),
    Damage("matters", "department: health", "department: helth", "helth", "unknown department 'helth'", "write 'health'"),
    Damage("matters", "keywords: [诊所]", "keywords: []", "keywords: []", "matters[2].keywords is empty", "write at least one entry"),
    Damage("matters", "keywords: [诊所]", "keywords: [诊所, 诊所]", "keywords: [诊所", "'诊所' stands in this list twice", "keep one of the two"),
    Damage("matters", "keywords: [诊所]", "keywords: [山洪, 决堤]", "[山洪, 决堤]", "'clinics' has the same keywords as 'floods' of 'water'", "give each a keyword of its own"),
    Damage("matters", "hints: [河边]", "hints: [山洪]", "hints", "'山洪' is a word of 'floods' already", "keep it once"),
    Damage("matters", "code: clinics", "code: floods", "code: floods\n    name: 诊所", "the code 'floods' is taken, see line 2", "write another code"),
    Damage("matters", "    department: health\n", "", "code: clinics", "matters[2].department is missing", "write department: …"),
    Damage("rules", "matter: floods", "matter: flods", "flods", "unknown matter 'flods'", "write 'floods'"),
    Damage("rules", "matter: floods", "department: watr", "watr", "unknown department 'watr'", "write 'water'"),
    Damage("rules", "    matter: floods\n", "", "code: east-floods", "a rule sends to one target", "write either matter or department"),
    Damage("rules", "matter: floods", "matter: floods\n    co_handlers: [watr]", "watr", "unknown department 'watr'", "write 'water'"),
    Damage("rules", "matter: floods", "matter: floods\n    co_handlers: [water]", "co_handlers", "'water' leads already and cannot help itself", "name another department"),
    Damage("rules", "matter: floods", "matter: floods\n    co_handlers: [health, health]", "co_handlers", "'health' stands in this list twice", "keep one of the two"),
    Damage("rules", "places: [东镇]", "places: [南镇]", "南镇", "unknown town '南镇'", "write one of 东镇, 西镇"),
    Damage("rules", "words: [山洪]", "matters: [flood]", "matters", "unknown matter 'flood'", "write 'floods'"),
    Damage("rules", "words: [山洪]", "channels: [mail]", "channels", "rules[1].when.channels[1] is 'mail'", "write 'mailbox'"),
    Damage("rules", "words: [山洪]", "word: [山洪]", "word:", "unknown field rules[1].when.word", "write 'words'"),
    Damage("rules", "without_words: [演练]", "without_words: [山洪]", "without_words", "rule 'east-floods' asks for '山洪' and excludes it", "remove it from one of the two lists"),
    Damage("terms", "reply: 3wd", "reply: 3 days", "3 days", "'3 days' is not a term", "write working days as 5wd"),
    Damage("terms", "reply: 3wd, warn_before: 2wd", "reply: 3wd, warn_before: 3wd", "consultation", "warn_before 3wd is not shorter than reply 3wd", "write a shorter warn_before"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: evening", "evening", "close_of_business is 'evening'", "write a time such as '18:00', or null for 24:00"),
    Damage("terms", "close_of_business: 18:00\n", "", "terms:", "close_of_business is missing", "write close_of_business: …"),
    Damage("terms", "  praise: {acknowledge: 1wd, reply: 5wd, warn_before: 3wd}\n", "", "terms:", "terms.praise is missing", "write praise: …"),
    Damage("terms", "urgent_words", "escalation: {reply: {urge: {before: 2wd}}}\nurgent_words", "escalation", "an urge 2wd ahead is not later than the warning of consultation, 2wd ahead", "write less than 2wd"),
    Damage("terms", "urgent_words", "escalation: {acknowledge: {urge: {before: 1wd}}}\nurgent_words", "escalation", "would come before the case of help, which has 1wd", "write less than 1wd"),
    Damage("terms", "urgent_words", "urgent_escalation: {reply: {urge: {before: 1h}}}\nurgent_words", "urgent_escalation", "is not later than the warning of urgent_terms, 30m ahead", "write less than 30m"),
    Damage("terms", "urgent_words", "escalation: {reply: {supervise: {after: 24h}, notice: {after: 60m}}}\nurgent_words", "escalation", "the notice comes 60m after the deadline and supervision 24h", "write a notice.after longer than 24h"),
    Damage("terms", "urgent_words", "escalation: {reply: {urge: {after: 1h}}}\nurgent_words", "escalation", "unknown field escalation.reply.urge.after", "write one of before, to"),
    Damage("terms", "urgent_words", "escalation: {reply: {warning: {to: mayor}}}\nurgent_words", "escalation", "escalation.reply.warning.to is 'mayor'", "write one of centre"),
    Damage("terms", "urgent_words", "escalation: {acknowledge: {warning: {}}}\nurgent_words", "escalation", "only a reply is warned of", "write acknowledge.urge instead"),
    Damage("terms", "urgent_words", "escalation: {reply: {supervise: {after: 4wh}}}\nurgent_words", "escalation", "4wh cannot be counted around a deadline", "write working days, days"),
    Damage("terms", "urgent_words", "returns: {window: soon}\nurgent_words", "returns", "'soon' is not a term", "write working days as 5wd"),
    Damage("terms", "urgent_words", "suspension: {reasons: [{code: flood, name: 洪水}, {code: flood, name: 山洪}]}\nurgent_words", "suspension", "the reason 'flood' is written twice", "keep one of the two"),
    Damage("terms", "urgent_words", "extension: {at_most: often}\nurgent_words", "extension", "extension.at_most is 'often'", "write a whole number"),
    Damage("terms", "reply: 3wd, warn_before: 2wd", "reply: 3wd, warn_before: 2wd, contribute: 3wd", "consultation", "contribute 3wd is not shorter than reply 3wd", "write a shorter contribute"),
    Damage("terms", "warn_before: 2wd", "warn_before: 2wh", "consultation", "warn_before 2wh cannot be counted back", "write working days, days, hours or minutes"),
    Damage("terms", "{acknowledge: 2h, reply: 2h", "{acknowledge: 2h, reply: 2wh", "urgent_terms", "2wh counts office hours, of which there are none", "write office_hours"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\nstarts: at_dawn", "at_dawn", "starts is 'at_dawn'", "write one of at_once, next_working_moment"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: [8-12]", "office_hours", "office_hours[1]: '8-12' is no span of office hours", "write it as '08:30-12:00'"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: ['12:00-08:30']", "office_hours", "'12:00-08:30' ends before it begins", "write the earlier time first"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: ['08:00-12:00', '11:00-18:00']", "office_hours", "11:00-18:00 begins before 08:00-12:00 has ended", "write them in order"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: []", "office_hours", "office_hours is empty", "write at least one entry"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\nseasons: [{first: 05-01, last: 09-30, hours: ['08:00-12:00']}]", "seasons", "seasons stand without office_hours", "write office_hours for the rest of the year"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: ['08:00-12:00']\nseasons: [{first: 02-30, last: 09-30, hours: ['08:00-12:00']}]", "seasons", "'02-30' is no day of the year", "write month and day as '05-01'"),
    Damage("terms", "close_of_business: 18:00", "close_of_business: 18:00\noffice_hours: ['08:00-12:00']\nseasons:\n  - {first: 05-01, last: 09-30, hours: ['08:00-12:00']}\n  - {first: 09-30, last: 01-31, hours: ['08:00-12:00']}", "{first: 09-30", "two seasons have days in common", "let one end the day before the other begins"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nstatutory: {complaint: {reply: 9wd, legal_basis: 某条例第一条}}", "statutory", "the county gives itself 10wd, the law 9wd", "shorten reply of complaint"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nstatutory: {complaint: {replay: 15d, legal_basis: 某条例第一条}}", "statutory", "unknown field statutory.complaint.replay", "write 'reply'"),
    Damage("terms", "urgent_words: [停水]", "urgent_words: [停水]\nstatutory: {complaint: {reply: 9wh, legal_basis: 某条例第一条}}", "statutory", "9wh counts office hours, of which there are none", "write office_hours"),
    Damage("matters", "keywords: [诊所]", "keywords: [诊所]\n    statutory: {reply: 7d, legal_basis: 某条例第一条}", "statutory", "the law gives 'clinics' 7d, less than the terms of help, complaint, report", "shorten those in terms.yaml"),
    Damage("matters", "keywords: [诊所]", "keywords: [诊所]\n    statutory: {reply: 30wh, legal_basis: 某条例第一条}", "statutory", "30wh counts office hours, of which there are none", "write office_hours"),
    Damage("scope", "lawful_channel: 向人民法院提出。", "lawful_chanel: 向人民法院提出。", "lawful_chanel", "unknown field out_of_scope[1].lawful_chanel", "write 'lawful_channel'"),
    Damage("accusations", "implied: {不出警: health}", "implied: {不出警: police}", "implied", "unknown department 'police'", "write one of health"),
    Damage("accusations", "misconduct: [打人]", "misconduct: [不作为]", "misconduct", "'不作为' stands in inaction already", "keep one of the two"),
    Damage("accusations", "of_office: [不作为]", "of_office: [渎职]", "of_office", "'渎职' is no word of accusation", "write it under inaction, attitude or misconduct as well"),
    Damage("accusations", "others: [商贩]", "others: [商贩", "staff", "not valid YAML", "check indentation, colons, quotes and brackets"),
    Damage("accusations", "others: [商贩]", "others: &them [商贩]\nextra: *them", "extra", "a reference (*name) is not allowed", "check indentation"),
]  # fmt: skip


def damaged(directory: Path, damage: Damage) -> tuple[Path, str]:
    sound = FILES[f"{damage.file}.yaml"]
    assert damage.old in sound
    text = sound.replace(damage.old, damage.new, 1)
    return write_policy(directory, **{damage.file: text}), text


def problems_of(directory: Path) -> tuple[Problem, ...]:
    with pytest.raises(PolicyInvalid) as refused:
        load_policy(directory)
    return refused.value.problems


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.message)
def test_a_damage_is_told_with_its_file_line_and_mend(tmp_path: Path, damage: Damage) -> None:
    directory, text = damaged(tmp_path, damage)
    line = text[: text.index(damage.where)].count("\n") + 1
    found = [p for p in problems_of(directory) if damage.message in p.message]
    assert [(p.file, p.line) for p in found] == [(f"{damage.file}.yaml", line)]
    assert damage.mend in found[0].mend


def test_a_department_that_cannot_be_read_is_not_reported_at_every_mention(tmp_path: Path) -> None:
    departments = FILES["departments.yaml"].replace("enforcement: true", "enforcement: maybe")
    assert len(problems_of(write_policy(tmp_path, departments=departments))) == 1


def test_a_problem_reads_as_file_line_message_and_mend(tmp_path: Path) -> None:
    directory = write_policy(tmp_path, rules=FILES["rules.yaml"].replace("matter: floods", "matter: flods"))
    assert [str(p) for p in problems_of(directory)] == ["rules.yaml:7: unknown matter 'flods'; write 'floods'"]


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    directory = write_policy(
        tmp_path,
        county=FILES["county.yaml"].replace("triage-desk", "triage-dsk"),
        rules=FILES["rules.yaml"].replace("matter: floods", "matter: flods").replace("东镇]", "南镇]"),
        terms=FILES["terms.yaml"].replace("3wd", "three"),
    )
    assert {p.file for p in problems_of(directory)} == {"county.yaml", "rules.yaml", "terms.yaml"}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(write_policy(tmp_path, scope=None))
    assert (problem.file, problem.line, problem.message) == ("scope.yaml", 0, "the file is missing")
    assert str(problem).startswith("scope.yaml: the file is missing; write scope.yaml")


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(write_policy(tmp_path, scope="# nothing yet\n"))
    assert (problem.file, problem.message) == ("scope.yaml", "the file is empty")


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    directory = write_policy(tmp_path)
    (directory / "scope.yaml").write_bytes("out_of_scope: [诉讼]".encode("gb18030"))
    (problem,) = problems_of(directory)
    assert problem.mend == "save it as a readable UTF-8 text file"


def test_a_file_with_control_characters_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(write_policy(tmp_path, scope="out_of_scope: \x00"))
    assert problem.mend == "remove the characters that are not text"


def test_a_file_that_is_only_a_word_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(write_policy(tmp_path, scope="scope"))
    assert problem.message == "the file must have fields, not 'scope'"


def test_a_misnamed_file_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(write_policy(tmp_path, matter="matters: []"))
    assert (problem.file, problem.message) == ("matter.yaml", "no file of a policy")


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "nowhere")
    assert problem.message == "there is no such directory"


def test_a_sound_policy_is_read_whole(tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path))
    assert policy.county == "小县"
    assert policy.departments["water"].short_names == ("水务局",)
    assert policy.matters["floods"].keywords == ("决堤", "山洪")
    assert policy.rules[0].when.places == ("东镇",)
    assert policy.counting.close_of_business == time(18)
    assert policy.terms_for(Kind.CONSULTATION, Urgency.NORMAL).reply == Term.parse("3wd")
    assert policy.terms_for(Kind.CONSULTATION, Urgency.URGENT).reply == Term.parse("2h")


def test_a_county_may_say_how_it_counts_and_what_the_law_asks(tmp_path: Path) -> None:
    terms = FILES["terms.yaml"] + (
        "starts: next_working_moment\noffice_hours: ['08:30-12:00', '14:00-18:00']\nends_on_working_day: false\n"
        "seasons: [{first: 06-01, last: 08-31, hours: ['08:00-12:00', '15:00-18:00']}]\n"
        "statutory: {report: {reply: 60d, legal_basis: 某条例第二条}}\n"
    )
    matters = FILES["matters.yaml"] + "    statutory: {reply: 20wd, legal_basis: 某条例第一条}\n"
    policy = load_policy(write_policy(tmp_path, terms=terms, matters=matters))
    counting = policy.counting
    assert (counting.starts, counting.ends_on_working_day) == (Starts.NEXT_WORKING_MOMENT, False)
    assert [str(span) for span in counting.hours_on(date(2026, 5, 31))] == ["08:30-12:00", "14:00-18:00"]
    assert [str(span) for span in counting.hours_on(date(2026, 6, 1))] == ["08:00-12:00", "15:00-18:00"]
    of_matter, of_kind = policy.statutory_for(Kind.REPORT, "clinics"), policy.statutory_for(Kind.REPORT, "floods")
    assert (of_matter and str(of_matter.reply), of_kind and str(of_kind.reply)) == ("20wd", "60d")
    assert policy.statutory_for(Kind.COMPLAINT, None) is None


def test_retention_and_repeat_window_have_defaults_and_can_be_written(tmp_path: Path) -> None:
    directory = write_policy(tmp_path)
    silent = load_policy(directory)
    assert (silent.retention, silent.repeat_window) == (DEFAULT_RETENTION, DEFAULT_REPEAT_WINDOW)
    with (directory / "terms.yaml").open("a", encoding="utf-8") as terms:
        terms.write("retention_days: 730\nrepeat_window_days: 30\n")
    written = load_policy(directory)
    assert (written.retention, written.repeat_window) == (timedelta(days=730), timedelta(days=30))


def test_null_close_of_business_means_the_end_of_the_day(tmp_path: Path) -> None:
    terms = FILES["terms.yaml"].replace("18:00", "null")
    assert load_policy(write_policy(tmp_path, terms=terms)).counting.close_of_business is None


def test_the_hash_names_the_content_and_not_its_layout(tmp_path: Path) -> None:
    same = FILES["county.yaml"].replace("towns: [东镇, 西镇]", "# where\ntowns:\n  - 东镇\n  - '西镇'")
    other = FILES["county.yaml"].replace("小县", "大县")
    hashes = []
    for number, county in enumerate((FILES["county.yaml"], same, other)):
        directory = tmp_path / str(number)
        directory.mkdir()
        hashes.append(load_policy(write_policy(directory, county=county)).hash)
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(hashes[0]) == 64
