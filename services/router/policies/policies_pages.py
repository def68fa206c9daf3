"""The administrator's pages: which policy and model are in force, what others would change, and the switch."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.router.classifier.models_api import Models
from services.router.policies.policies_api import Activation, Administrator, Attempt, Policies
from shared.china_time import CHINA_TIME, local_time
from shared.http import Problem
from shared.language import DecisionSource
from shared.pages import Pages

_STATES = {
    "running": "进行中 running",
    "finished": "已完成 finished",
    "failed": "失败 failed",
    "interrupted": "已中断 interrupted",
}
_SOURCES = {
    DecisionSource.CONFLICT_OF_INTEREST: "回避",
    DecisionSource.OUT_OF_SCOPE: "不予受理",
    DecisionSource.RULE: "规则",
    DecisionSource.CLASSIFIER: "分类模型",
    DecisionSource.TRIAGE: "分派台",
    DecisionSource.PERSON: "人工派单",
    DecisionSource.ARBITRATION: "指定承办",
}
_SHOWN = 50


def add_policies_pages(app: FastAPI, policies: Policies, models: Models) -> None:
    pages = Pages(Path(__file__).parents[1] / "templates")

    async def page(request: Request, problem: Problem | None = None) -> Response:
        found = await policies.overview()
        # The last finished dry run of each policy and of each model, by its hash.
        finished: dict[str, dict[str, Any]] = {}
        for run in found["dry_runs"]:
            if run["state"] == "finished":
                finished.setdefault(run["policy_hash"], run)
                finished.setdefault(run["model_hash"], run)
        return pages.render(
            request,
            "policies.html",
            status=problem.status if problem else 200,
            told=problem,
            found=found,
            models=await models.overview(),
            finished=finished,
            switches=await models.switches(None, _SHOWN),
            activations=await policies.activations(None, _SHOWN),
            at=local_time,
            day=_day,
            states=_STATES,
        )

    @app.get("/policies", include_in_schema=False)
    async def show(request: Request, _administrator: Administrator) -> Response:
        return await page(request)

    @app.post("/policies/{name}/dry-run", include_in_schema=False)
    async def dry_run(
        name: str,
        request: Request,
        administrator: Administrator,
        since: Annotated[str, Form()] = "",
        model: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            given = Attempt.model_validate({"since": since.strip() or None, "model": model or None})
        except ValidationError:
            return await page(request, Problem(422, "日期请写成 2026-10-01 的形式。", "Write the day as 2026-10-01."))
        try:
            run_id = await policies.attempt(name, given, administrator.subject)
        except Problem as problem:
            return await page(request, problem)
        return RedirectResponse(f"/policies/dry-runs/{run_id}", 303)

    @app.get("/policies/dry-runs/{run_id}", include_in_schema=False)
    async def one(run_id: UUID, request: Request, _administrator: Administrator) -> Response:
        """While it runs the page loads itself again."""
        try:
            run = await policies.dry_run(run_id)
        except Problem as problem:
            return await page(request, problem)
        return pages.render(
            request, "dry_run.html", run=run, at=local_time, day=_day, states=_STATES, in_chinese=_SOURCES, share=_share
        )

    @app.post("/policies/{name}/activate", include_in_schema=False)
    async def switch(
        name: str,
        request: Request,
        administrator: Administrator,
        policy_hash: Annotated[str, Form(alias="hash")] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            await policies.activate(name, _activation(policy_hash, reason), administrator.subject)
        except Problem as problem:
            return await page(request, problem)
        return RedirectResponse("/policies", 303)

    @app.post("/models/{name}/activate", include_in_schema=False)
    async def switch_model(
        name: str,
        request: Request,
        administrator: Administrator,
        model_hash: Annotated[str, Form(alias="hash")] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            await models.activate(name, _activation(model_hash, reason), administrator.subject)
        except Problem as problem:
            return await page(request, problem)
        return RedirectResponse("/policies", 303)


def _activation(seen_hash: str, reason: str) -> Activation:
    try:
        return Activation(hash=seen_hash, reason=reason)
    except ValidationError:
        raise Problem(422, "请写明启用理由。", "Give the reason for the switch.") from None


def _day(moment: datetime) -> str:
    """The day from which a dry run replays; the epoch stands for all that is kept."""
    return "全部 all" if moment.year == 1970 else f"{moment.astimezone(CHINA_TIME):%Y-%m-%d}"  # noqa: PLR2004


def _share(result: Mapping[str, Any], which: str) -> str:
    """How often the router placed as people did in the end."""
    placed = result["placed_by_people"]
    return f"{placed[which]} / {placed['complaints']}" if placed["complaints"] else "—"
