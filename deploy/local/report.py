"""What the demonstration prints at its end."""

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table

from deploy.local.feed import Fed
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.kafka import ApacheKafka
from deploy.local.observe import Seen
from deploy.local.stack import Stack
from shared.principal import Role

# Of one character in the SVG that rich draws.
_CELL_WIDTH = 12.2

_CHANNELS = {
    "hotline_12345": "12345热线",
    "web_portal": "网站投诉平台",
    "mailbox": "监督邮箱",
    "service_center": "政务服务中心",
    "department_line": "部门投诉电话、信箱",
    "qa_platform": "网络问政平台",
}
_CLOCKS = {
    "acknowledge": "签收 acknowledge",
    "reply": "答复 reply",
    "contribute": "协办 contribute",
    "explain": "说明 explain",
}
_INACTION = {
    "not_acknowledged": "未签收 not acknowledged",
    "not_answered": "未答复 not answered",
    "slow": "慢作为 slow",
    "buck_passing": "推诿 buck-passing",
    "boilerplate": "模板化答复 boilerplate",
    "false_closure": "虚假办结 false closure",
    "repeated_dissatisfaction": "反复不满意 repeated dissatisfaction",
    "selective_silence": "选择性不作为 selective silence",
}


@dataclass(frozen=True, slots=True)
class Report:
    """`summary` and `inaction` are what the tracker's supervision API answers."""

    fed: Fed
    seen: Seen
    summary: Mapping[str, Any]
    inaction: Sequence[Mapping[str, Any]]


def print_report(report: Report, stack: Stack, picture: Path | None) -> None:
    """Print everything, and draw what was printed into the SVG file `picture` where one is named."""
    console = Console(width=100, record=picture is not None)
    _print_findings(console, report)
    _print_access(console, stack)
    if picture is not None:
        picture.write_text(_drawn(console), encoding="utf-8")


def _drawn(console: Console) -> str:
    """The recorded output as SVG, without the fonts that it would fetch, and Chinese as wide as in a terminal."""

    def widened(text: re.Match[str]) -> str:
        return f'textLength="{cell_len(unescape(text[2])) * _CELL_WIDTH:g}"{text[1]}>{text[2]}<'

    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    return re.sub(r'textLength="[0-9.]+"([^>]*)>([^<]*)<', widened, svg)


def _print_findings(console: Console, report: Report) -> None:
    console.print(_channels(report), _departments(report), _deadlines(report), _inaction(report))
    latencies = sorted(report.seen.latencies.values())
    cuts = statistics.quantiles(latencies, n=100)
    console.print(f"受理到立案 accepted → case: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")
    seen, fed = report.seen, report.fed
    console.print(
        f"受理 accepted {len(seen.accepted)}, 重复提交 resubmitted {fed.resubmitted}, 拒收 refused {fed.refused}, "
        f"立案 cases {len(seen.departments)}"
    )
    verdict = "[green]是 yes[/]" if seen.is_one_to_one else f"[red]否 no, {len(seen.without_case)} without[/]"
    console.print(f"每件诉求恰有一个工单 every accepted complaint has exactly one case: {verdict}")


def _print_access(console: Console, stack: Stack) -> None:
    console.print()
    for name, service, path in (
        ("群众投诉、查询 citizens", stack.intake, "/  /lookup"),
        ("话务员、窗口 operators, desks", stack.intake, "/operator  /desk  /files  /reporter"),
        (
            "承办单位、督查室 departments, supervision",
            stack.tracker,
            "/queue  /department/inaction  /supervision/inaction",
        ),
        ("分派台、指定承办 placing by hand", stack.router, "/placing/triage  /placing/supervision"),
        ("公示、月报 disclosure, reports", stack.tracker, "/disclosure  /reports/monthly/YYYY-MM"),
        ("试运行、启用政策 trying and switching policies", stack.router, "/policies"),
        ("受理 intake", stack.intake, "/openapi.json"),
        ("分派 router", stack.router, "/openapi.json"),
        ("督办 tracker", stack.tracker, "/openapi.json"),
    ):
        console.print(f"{name}: {service.url}{path}", highlight=False, soft_wrap=True)
    console.print(
        f"Kafka: {stack.broker.bootstrap_servers} ({stack.broker.kind} {stack.broker.version})", highlight=False
    )
    if isinstance(stack.broker, ApacheKafka):
        console.print(
            f"部门系统 Kafka for departments' systems: {stack.broker.departments_servers}, login: "
            f"KAFKA_BOOTSTRAP_SERVERS={stack.broker.bootstrap_servers} "
            f"HOTLINE_POLICY_DIR={POLICY.relative_to(PROJECT)} python -m services.router broker-login water-supply",
            highlight=False,
            soft_wrap=True,
        )
    console.print("网页登录 pages: /login，点选身份 choose a role by clicking", highlight=False)
    console.print(f"短信（不真正发出）text messages, sent to nobody: {stack.outside.url}/sms", highlight=False)
    console.print("程序登录 programs: TOKEN=$(python -m deploy.local token --role supervisor)", highlight=False)
    console.print(f'curl -H "Authorization: Bearer $TOKEN" {stack.tracker.url}/v1/supervision/summary', highlight=False)
    console.print(
        f"角色 roles: {', '.join(Role)}（经办人须加 an officer adds --department water-supply）",
        highlight=False,
        soft_wrap=True,
    )


def _channels(report: Report) -> Table:
    table = Table("渠道 channel", "受理 accepted", title="各渠道诉求 Complaints per channel")
    for channel, count in Counter(report.seen.accepted.values()).most_common():
        table.add_row(f"{_CHANNELS.get(channel, '')} {channel}", str(count))
    return table


def _departments(report: Report) -> Table:
    table = Table(
        "承办单位 department",
        "工单 cases",
        "超期 overdue",
        "疑似不作为 inaction",
        title="各单位工单 Cases per department",
    )
    rows = sorted(report.summary["departments"], key=lambda one: -sum(one["cases"].values()))
    for one in rows:
        overdue = sum(clock["overdue"] for clock in one["deadlines"].values())
        table.add_row(
            f"{one['name']} {one['code']}",
            str(sum(one["cases"].values())),
            str(overdue),
            str(sum(one["inaction"].values())),
        )
    return table


def _deadlines(report: Report) -> Table:
    table = Table("时限 clock", "按期 met", "逾期后办 met late", "预警 warned", "逾期 missed", title="时限 Deadlines")
    for clock, counts in sorted(report.summary["county"]["deadlines"].items()):
        table.add_row(_CLOCKS[clock], *(str(counts[name]) for name in ("met", "met_late", "warned", "missed")))
    return table


def _inaction(report: Report) -> Table:
    total = report.summary["county"]["inaction"]
    counts = "，".join(f"{_INACTION[kind]} {count}" for kind, count in sorted(total.items()))
    table = Table(
        Column("证据 evidence", overflow="fold"),
        title=f"疑似不作为 Suspected inaction: {counts}",
        caption="最近五件 the latest five",
    )
    for one in report.inaction:
        table.add_row(one["evidence"])
    return table
