"""The three applications as their main modules put them together, and all their routes with the rule of each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

from shared import service
from shared.auth import Allowed, OpenToAll

Rule: TypeAlias = Allowed | OpenToAll


@dataclass(frozen=True, slots=True)
class Found:
    """A route with its rules; with none of them it is everybody's by mistake."""

    methods: Sequence[str]
    path: str
    rules: Sequence[Rule]

    def __str__(self) -> str:
        return f"{'/'.join(self.methods)} {self.path}"


async def application(run: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """What a service serves, caught where it would begin to; its database must be there, its Kafka need not."""
    served: list[FastAPI] = []

    class Catching(service._Server):  # noqa: SLF001  # the last step before the network
        async def serve(self, sockets: Any = None) -> None:  # noqa: ARG002
            assert isinstance(self.config.app, FastAPI)
            served.append(self.config.app)

    monkeypatch.setattr(service, "_Server", Catching)
    await run(settings)
    [app] = served
    return app


def routes_of(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Found]:
    """Every route, those of included routers and of mounted applications too."""
    for context in iter_route_contexts(list(routes)):
        path = prefix + (context.path or "")
        rule = getattr(getattr(context.original_route, "app", None), "rule", None)
        if isinstance(context.original_route, Mount) and not isinstance(rule, OpenToAll):
            within = list(context.original_route.routes)
            # A mounted application whose routes cannot be seen is one route without a rule.
            yield from routes_of(within, path) if within else [Found(["GET"], path, [])]
            continue
        methods = sorted((context.methods or {"GET"}) - {"HEAD"})
        dependant = getattr(context, "dependant", None)
        rules = [rule] if isinstance(rule, OpenToAll) else [*_rules(dependant)] if dependant is not None else []
        yield Found(methods, path, rules)


def _rules(dependant: Dependant) -> Iterator[Rule]:
    for each in dependant.dependencies:
        if isinstance(each.call, Allowed | OpenToAll):
            yield each.call
        yield from _rules(each)
