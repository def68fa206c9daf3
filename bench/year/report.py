"""What is said at the end: department by department what was planted and what was found, and the figures."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.result import Target
from bench.year.county import EXPECTED, MISBEHAVING, SHARES
from bench.year.findings import allowed, rates
from bench.year.running import Lived
from shared.policy import Policy

# A month is looked at whole, and the last ones have cases of the tail.
_DAYS_OF_A_MONTH = 30


def honest_months(days: int) -> int:
    """How many months of honest departments the detectors looked at."""
    return (len(SHARES) - len(MISBEHAVING)) * max(1, round(days / _DAYS_OF_A_MONTH))


def targets(policy: Policy, days: int) -> Mapping[str, Target]:
    months = honest_months(days)
    return {
        "planted_habits_missed": Target("at most", 0),
        "planted_cases_missed": Target("at most", 0),
        "untrue_suspicions_of_cases": Target("at most", 0),
        "records_broken": Target("at most", 0),
        "different_heads": Target("at most", 0),
    } | {
        f"false_alarms_{kind}": Target("at most", allowed(rate, months))
        for kind, rate in rates(policy.detection).items()
    }


def figures(runs: Sequence[Lived], policy: Policy) -> Mapping[str, float]:
    run = runs[0]
    moves = run.moves.total() + run.opened
    return {
        "complaints": run.opened,
        "moves": moves,
        "entries": run.entries,
        "anchors": run.anchors,
        "seconds": run.seconds,
        "moves_per_second": moves / run.seconds,
        "seconds_per_thousand_complaints": 1000 * run.seconds / run.opened,
        "check_seconds": run.check_seconds,
        "planted_cases": run.planted,
        "planted_habits_missed": len(run.findings.missed_habits),
        "planted_cases_missed": len(run.findings.missed_cases),
        "untrue_suspicions_of_cases": len(run.findings.untrue),
        "records_broken": sum(one.broken is not None for one in runs),
        "different_heads": len({one.head for one in runs}) - 1,
    } | {f"false_alarms_{kind}": run.findings.alarms(kind) for kind in rates(policy.detection)}


def show(run: Lived, policy: Policy, days: int) -> None:
    """Print a row for each department, and every case in which something went wrong."""
    table = Table("department", "habit", "found of months", "of cases", "planted cases")
    for code in SHARES:
        habit = MISBEHAVING.get(code)
        expected = EXPECTED[habit] if habit else frozenset()
        table.add_row(
            code,
            habit or "",
            _counted(
                {f"{kind}!" if kind in expected else str(kind): n for kind, n in run.findings.habits[code].items()}
            ),
            _counted({str(kind): n for kind, n in run.findings.cases[code].items()}),
            _counted({kind: n for (of, kind), n in run.findings.planted_cases.items() if of == code}),
        )
    Console(width=200).print(table)
    print(f"moves: {dict(sorted(run.moves.items()))}")
    print(f"refused moves: {dict(sorted(run.refused_moves.items()))}")
    stated = ", ".join(f"{kind} {rate:.1%}" for kind, rate in rates(policy.detection).items())
    print(f"stated of each of {honest_months(days)} months of honest departments: {stated}")
    for code, kind in run.findings.missed_habits:
        print(f"MISSED: {code} is not suspected of {kind}")
    for one in run.findings.missed_cases[:10]:
        print(f"MISSED: {one.department}: {one.kind} in {one.complaint_id}")
    for evidence in run.findings.untrue[:10]:
        print(f"UNTRUE: {evidence}")
    if run.broken:
        print(f"BROKEN: {run.broken}")


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {n}" for kind, n in sorted(numbers.items()) if n)
