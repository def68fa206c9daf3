"""The router put together: the one place where its parts meet."""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from services.router.api import add_routes
from services.router.classifier.model_folder import ModelFolder
from services.router.classifier.models_api import Models, add_models_routes
from services.router.desks.desk_pages import add_desk_pages
from services.router.desks.desks_api import add_desks_routes
from services.router.desks.placing_api import add_placing_routes
from services.router.desks.standings import FOLLOWED
from services.router.handlers import FollowCases, PlaceComplaints
from services.router.in_service import InService
from services.router.incidents.forgetting import Forgetting
from services.router.incidents.gatherer import Gatherer
from services.router.incidents.incident_pages import add_incident_pages
from services.router.incidents.incidents_api import add_incidents_routes
from services.router.incidents.mending_api import add_mending_routes
from services.router.incidents.similar_incidents_api import add_similar_incidents_routes
from services.router.policies.policies_api import Policies, add_policies_routes
from services.router.policies.policies_pages import add_policies_pages
from services.router.policies.policy_folders import PolicyFolders
from services.router.policies.trying import Trying
from services.router.settings import RouterSettings
from shared.consumer import BatchConsumer
from shared.events import ComplaintReceived
from shared.http import create_app
from shared.kafka import create_topics
from shared.oidc import provider_of
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
            BatchConsumer(
                "decisions",
                [ComplaintReceived],
                PlaceComplaints(in_service.decide),
                base.pool,
                base.relay,
            ),
            COMPLAINTS_RECEIVED,
        )
        base.subscriptions.add(
            BatchConsumer(
                "returns",
                FOLLOWED,
                FollowCases(in_service.replace),
                base.pool,
                base.relay,
            ),
            CASES_EVENTS,
        )
        verifier = verifier_of(settings)
        app = create_app("Hotline router", verifier, provider_of(settings, verifier))
        add_routes(app, lambda: in_service.routing)
        add_incidents_routes(app, base.pool, lambda: in_service.routing)
        add_mending_routes(app, base.pool, base.relay, lambda: in_service.routing)
        add_similar_incidents_routes(app, base.pool, lambda: in_service.routing)
        add_placing_routes(app, base.pool, base.relay, lambda: in_service.policy)
        add_desks_routes(app, base.pool, lambda: in_service.policy)
        add_desk_pages(app, lambda: in_service.policy)
        add_incident_pages(app, lambda: in_service.policy)

        folders = PolicyFolders(settings.policy_dir)
        model_folder = ModelFolder(settings.model)
        trying = Trying(base.pool, folders, model_folder)
        policies = Policies(base.pool, folders, trying, lambda: in_service.routing)
        models = Models(base.pool, model_folder, lambda: in_service.routing)
        add_policies_routes(app, policies)
        add_models_routes(app, models)
        add_policies_pages(app, policies, models)

        async def prepare(policy: Policy) -> None:
            await ensure_topics(settings, policy)

        forgetting = Forgetting(base.pool, lambda: in_service.policy)
        await serve(
            app,
            settings,
            base,
            prepare(in_service.policy),
            in_service.watch(prepare),
            trying.run(),
            forgetting.run(),
            Gatherer(base.pool, base.relay, lambda: in_service.policy).run(),
            needs_kafka=True,
            refreshes=(in_service.refresh,),
        )
