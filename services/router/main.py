"""The router put together: the one place where its parts meet."""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from services.router.api import add_routes
from services.router.handlers import PlaceComplaints, PlaceReturned
from services.router.in_service import InService
from services.router.placing_api import add_placing_routes
from services.router.policies_api import Policies, add_policies_routes
from services.router.policies_pages import add_policies_pages
from services.router.policy_folders import PolicyFolders
from services.router.settings import RouterSettings
from services.router.trying import Trying
from shared.consumer import BatchConsumer
from shared.events import CaseReturnGranted, ComplaintReceived
from shared.http import create_app
from shared.kafka import create_topics
from shared.policy import Policy
from shared.service import foundation, serve
from shared.token_verifier import verifier_of
from shared.topics import CASES_EVENTS, COMPLAINTS_RECEIVED, all_topics

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5.0


async def ensure_topics(settings: RouterSettings, policy: Policy) -> None:
    """Create what is missing: one department without its topic would hold up everybody's assignments."""
    while True:
        try:
            created = await create_topics(settings.bootstrap_servers, all_topics(policy.departments))
        except KafkaError as error:
            log.warning("topics_not_ensured", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            log.info("topics_ensured", created=created)
            return


async def run(settings: RouterSettings) -> None:
    in_service = InService(settings.policy_dir, settings.model)
    async with foundation(settings, "router") as base:
        base.subscriptions.add(
            BatchConsumer("decisions", [ComplaintReceived], PlaceComplaints(in_service.decide), base.pool, base.relay),
            COMPLAINTS_RECEIVED,
        )
        base.subscriptions.add(
            BatchConsumer("returns", [CaseReturnGranted], PlaceReturned(in_service.replace), base.pool, base.relay),
            CASES_EVENTS,
        )
        app = create_app("Hotline router", verifier_of(settings))
        add_routes(app, lambda: in_service.routing)
        add_placing_routes(app, base.pool, base.relay, lambda: in_service.policy)

        folders = PolicyFolders(settings.policy_dir)
        trying = Trying(base.pool, folders)
        policies = Policies(base.pool, folders, trying, lambda: in_service.routing)
        add_policies_routes(app, policies)
        add_policies_pages(app, policies)

        async def prepare(policy: Policy) -> None:
            await ensure_topics(settings, policy)

        await serve(
            app,
            settings,
            base,
            prepare(in_service.policy),
            in_service.watch(prepare),
            trying.run(),
            needs_kafka=True,
            refreshes=(in_service.refresh,),
        )
