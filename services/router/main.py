"""The router put together: the one place where its parts meet."""

from functools import partial

from services.router.api import add_routes
from services.router.decide import Matcher, decide
from services.router.handlers import PlaceComplaints
from services.router.settings import RouterSettings
from shared.consumer import BatchConsumer
from shared.events import ComplaintReceived
from shared.http import create_app
from shared.policy_files import load_policy
from shared.service import foundation, serve
from shared.topics import COMPLAINTS_RECEIVED


async def run(settings: RouterSettings) -> None:
    policy = load_policy(settings.policy_dir)
    matcher = Matcher(policy)
    async with foundation(settings, "router") as base:
        base.subscriptions.add(
            BatchConsumer(
                "decisions",
                [ComplaintReceived],
                PlaceComplaints(partial(decide, policy=matcher)),
                base.pool,
                base.relay,
            ),
            COMPLAINTS_RECEIVED,
        )
        app = create_app("Hotline router")
        add_routes(app, matcher, policy)
        await serve(app, settings, base, needs_kafka=True)
