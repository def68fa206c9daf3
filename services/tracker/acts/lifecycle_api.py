"""Every route by which people move a case or contribute to it, put on one application."""

from collections.abc import Callable

from fastapi import FastAPI

from services.tracker.acts.bulk_api import add_bulk_routes
from services.tracker.acts.contributions import Contributions
from services.tracker.acts.contributions_api import add_contributions_routes
from services.tracker.acts.extensions import Extensions
from services.tracker.acts.extensions_api import add_extensions_routes
from services.tracker.acts.office_api import add_office_routes
from services.tracker.acts.returns import Returns
from services.tracker.acts.returns_api import add_returns_routes
from services.tracker.acts.suspensions import Suspensions
from services.tracker.acts.suspensions_api import add_suspensions_routes
from services.tracker.acts.templates_api import add_templates_routes
from services.tracker.acts.urging import Urging
from services.tracker.acts.urging_api import add_urging_routes
from services.tracker.casework import Casework
from shared.policy import Policy


def add_lifecycle_routes(app: FastAPI, casework: Casework, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""
    pool = casework.pool
    add_office_routes(app, casework, pool)
    add_returns_routes(app, Returns(casework), pool)
    add_suspensions_routes(app, Suspensions(casework), pool)
    add_extensions_routes(app, Extensions(casework), pool)
    add_urging_routes(app, Urging(casework), pool)
    add_contributions_routes(app, Contributions(casework), policy, pool)
    add_bulk_routes(app, casework)
    add_templates_routes(app, policy)
