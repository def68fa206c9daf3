"""Templates of replies: their blanks, and what is told of a file that cannot be used."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import Policy
from shared.policy_files import PolicyInvalid, load_policy
from shared.policy_templates import blanks
from shared.redaction import TOKENS, redact
from tests.unit.shared.small_policy import write_policy

SOUND = """\
templates:
  - code: flood-over
    matter: floods
    name: 险情已排除
    text: 险情已于〔时间〕排除。
"""

_PLAIN = st.text(st.characters(exclude_characters="〔〕"))
_BLANK = _PLAIN.filter(lambda text: not re.fullmatch(r"\d{4}", text.strip()) and f"〔{text}〕" not in TOKENS.values())


@given(_PLAIN, _BLANK, _PLAIN)
def test_whatever_stands_in_the_brackets_is_a_blank(before: str, inside: str, after: str) -> None:
    assert blanks(f"{before}〔{inside}〕{after}") == (f"〔{inside}〕",)


@given(_PLAIN)
def test_a_text_without_brackets_has_none(text: str) -> None:
    assert blanks(text) == ()


@given(st.integers(1949, 2100))
def test_the_year_of_a_document_is_none(year: int) -> None:
    assert blanks(f"依据国办发〔{year}〕1号") == ()


@given(st.sampled_from(["13800000000", "请致电13800000000。"]), st.sampled_from(sorted(TOKENS.values())))
def test_what_redaction_leaves_of_a_number_is_none(number: str, token: str) -> None:
    assert blanks(redact(number)) == ()
    assert blanks(f"您反映的{token}一事") == ()


def test_the_file_is_optional_and_counts_for_the_hash_of_the_policy(tmp_path: Path) -> None:
    without = load_policy(write_policy(tmp_path))
    with_one = load_policy(write_policy(tmp_path, templates=SOUND))
    assert without.templates == ()
    assert [template.code for template in with_one.templates] == ["flood-over"]
    assert without.hash != with_one.hash


@pytest.mark.parametrize(
    ("old", "new", "message", "mend"),
    [
        ("floods", "flods", "templates.yaml:3: unknown matter 'flods'", "write 'floods'"),
        ("〔时间〕", "今天", "the text has no blank", "write what only this case tells as 〔修复时间〕"),
        ("name: 险情已排除", "nam: 险情已排除", "unknown field", "write 'name'"),
        (
            "templates:\n",
            "templates:\n" + SOUND.partition("\n")[2],
            "'flood-over' is taken, see line 2",
            "write another",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_mend(tmp_path: Path, old: str, new: str, message: str, mend: str) -> None:
    with pytest.raises(PolicyInvalid) as invalid:
        load_policy(write_policy(tmp_path, templates=SOUND.replace(old, new, 1)))
    assert message in str(invalid.value)
    assert mend in str(invalid.value)


def test_every_template_of_the_county_has_a_blank_and_a_matter(policy: Policy) -> None:
    assert policy.templates
    assert all(blanks(template.text) and template.matter in policy.matters for template in policy.templates)
