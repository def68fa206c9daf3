"""Reading a county's policy from its directory: all of it, or every problem that is in it."""

import re
from datetime import timedelta
from pathlib import Path

from shared.notices import CalendarFile
from shared.policy import AccusationWords, Policy, content_hash
from shared.policy_checks import (
    check_accusations,
    check_county,
    check_departments,
    check_matters,
    check_rules,
    check_scope,
    check_statutory,
)
from shared.policy_incidents import IncidentRules
from shared.policy_problems import PolicyInvalid, Problem
from shared.policy_shapes import (
    CountyFile,
    DepartmentsFile,
    InactionFile,
    MattersFile,
    RulesFile,
    ScopeFile,
    check_shape,
)
from shared.policy_templates import TemplatesFile, check_templates
from shared.policy_terms import TermsFile, check_terms
from shared.policy_yaml import read_document

__all__ = ["PolicyInvalid", "Problem", "load_policy"]

FILES = (
    "county.yaml",
    "departments.yaml",
    "matters.yaml",
    "rules.yaml",
    "terms.yaml",
    "scope.yaml",
    "accusations.yaml",
    "calendar.yaml",
)
OPTIONAL = ("templates.yaml", "inaction.yaml", "incidents.yaml")
# The name of a folder that holds the policy of that hash and no other (services/router/policies/policy_folders.py).
_HASH = re.compile(r"[0-9a-f]{64}")


def load_policy(directory: Path) -> Policy:
    """Read and check every file; PolicyInvalid carries all problems, each with file, line and mend."""
    if not directory.is_dir():
        raise PolicyInvalid(
            [Problem(str(directory), 0, "there is no such directory", "name a county's policy directory")]
        )
    # A link to the policy in force may be switched while its files are read.
    directory = directory.resolve()
    present = [*FILES, *(name for name in OPTIONAL if (directory / name).exists())]
    documents = {name: read_document(directory / name) for name in present}
    county = check_shape(documents["county.yaml"], CountyFile)
    departments = check_shape(documents["departments.yaml"], DepartmentsFile)
    matters = check_shape(documents["matters.yaml"], MattersFile)
    rules = check_shape(documents["rules.yaml"], RulesFile)
    terms = check_shape(documents["terms.yaml"], TermsFile)
    scope = check_shape(documents["scope.yaml"], ScopeFile)
    accusations = check_shape(documents["accusations.yaml"], AccusationWords)
    calendar = check_shape(documents["calendar.yaml"], CalendarFile)

    written = documents.get("templates.yaml")
    templates = check_shape(written, TemplatesFile) if written else TemplatesFile()
    of_incidents = documents.get("incidents.yaml")
    incidents = check_shape(of_incidents, IncidentRules) if of_incidents else IncidentRules()

    bounded = documents.get("inaction.yaml")
    inaction = check_shape(bounded, InactionFile) if bounded else InactionFile()

    problems = [problem for document in documents.values() for problem in document.problems]
    problems += [
        Problem(found.name, 0, "no file of a policy", f"remove it, or name it one of {', '.join(FILES + OPTIONAL)}")
        for found in directory.glob("*.y*ml")
        if found.name not in FILES + OPTIONAL
    ]
    # References are checked against the files that could be read: a broken one is reported once, not at every mention.
    if departments is not None:
        codes = {d.code for d in departments.departments}
        problems += check_departments(documents["departments.yaml"], departments)
        if county is not None:
            problems += check_county(documents["county.yaml"], county, codes)
        if matters is not None:
            problems += check_matters(documents["matters.yaml"], matters, codes)
        if rules is not None and matters is not None and county is not None:
            matter_codes = {m.code: m.department for m in matters.matters}
            problems += check_rules(documents["rules.yaml"], rules, codes, matter_codes, county.towns)
        if accusations is not None:
            problems += check_accusations(documents["accusations.yaml"], accusations, codes)
    if terms is not None:
        problems += check_terms(documents["terms.yaml"], terms)
        if matters is not None:
            problems += check_statutory(documents["matters.yaml"], matters, terms)
    if templates is not None and written and matters is not None:
        problems += check_templates(written, templates, {m.code for m in matters.matters})
    if scope is not None:
        problems += check_scope(documents["scope.yaml"], scope)

    if problems or not (
        county
        and departments
        and matters
        and rules
        and terms
        and scope
        and accusations
        and calendar
        and templates
        and inaction
        and incidents
    ):
        raise PolicyInvalid(problems)
    found = content_hash({name: document.data for name, document in documents.items()})
    if _HASH.fullmatch(directory.name) and found != directory.name:
        raise PolicyInvalid(
            [Problem(directory.name, 0, "this copy was altered since it was made", "activate a folder of its own")]
        )
    return Policy(
        hash=found,
        county=county.name,
        departments={d.code: d for d in departments.departments},
        triage_desk=county.triage_desk,
        supervision_office=county.supervision_office,
        towns=county.towns,
        town_positions=county.town_positions,
        matters={m.code: m for m in matters.matters},
        rules=rules.rules,
        out_of_scope=scope.out_of_scope,
        accusations=accusations,
        terms=terms.terms.by_kind(),
        urgent_terms=terms.urgent_terms,
        escalation=terms.escalation,
        urgent_escalation=terms.urgent_escalation,
        urgent_words=terms.urgent_words,
        counting=terms.counting,
        statutory=terms.statutory,
        retention=timedelta(days=terms.retention_days),
        repeat_window=timedelta(days=terms.repeat_window_days),
        notices=calendar.notices,
        returns=terms.returns,
        suspension=terms.suspension,
        extension=terms.extension,
        templates=templates.templates,
        explanation=terms.explanation,
        detection=inaction.bounds,
        incidents=incidents,
    )
