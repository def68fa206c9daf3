"""A policy of a few lines, complete and sound, for tests that damage it."""

from pathlib import Path

FILES = {
    "county.yaml": """\
name: 小县
triage_desk: triage-desk
supervision_office: supervision-office
towns: [东镇, 西镇]
""",
    "departments.yaml": """\
departments:
  - code: water
    name: 水利局
    short_names: [水务局]
    titles: [河长]
    enforcement: true
  - code: health
    name: 卫生局
  - code: triage-desk
    name: 分派台
    kind: triage
  - code: supervision-office
    name: 督查室
    kind: supervision
""",
    "matters.yaml": """\
matters:
  - code: floods
    name: 防汛
    department: water
    keywords: [决堤, 山洪]
    hints: [河边]
  - code: clinics
    name: 诊所
    department: health
    keywords: [诊所]
""",
    "rules.yaml": """\
rules:
  - code: east-floods
    when:
      words: [山洪]
      places: [东镇]
      without_words: [演练]
    matter: floods
    why: 东镇的山洪由水利局处置。
""",
    "terms.yaml": """\
close_of_business: 18:00
terms:
  consultation: {acknowledge: 1wd, reply: 3wd, warn_before: 2wd}
  help: {acknowledge: 1wd, reply: 10wd, warn_before: 5wd}
  suggestion: {acknowledge: 1wd, reply: 5wd, warn_before: 3wd}
  praise: {acknowledge: 1wd, reply: 5wd, warn_before: 3wd}
  complaint: {acknowledge: 1wd, reply: 10wd, warn_before: 5wd}
  report: {acknowledge: 1wd, reply: 10wd, warn_before: 5wd}
urgent_terms: {acknowledge: 2h, reply: 2h, warn_before: 30m}
urgent_words: [停水]
""",
    "scope.yaml": """\
out_of_scope:
  - code: court
    name: 诉讼
    words: [不服判决]
    lawful_channel: 向人民法院提出。
""",
    "accusations.yaml": """\
inaction: [不作为]
attitude: [态度恶劣]
misconduct: [打人]
of_office: [不作为]
implied: {不出警: health}
local_officials: [村主任]
others: [商贩]
staff: [窗口人员]
appeals: [请督查]
""",
    "calendar.yaml": """\
notices: []
""",
}


def write_policy(directory: Path, **changes: str | None) -> Path:
    """Write the policy with some files replaced or left out (None); ``matters="…"`` stands for matters.yaml."""
    for name, text in {**FILES, **{f"{name}.yaml": text for name, text in changes.items()}}.items():
        if text is not None:
            (directory / name).write_text(text, encoding="utf-8")
    return directory
