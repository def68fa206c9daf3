"""The router put together: the one place where its parts meet."""

import asyncio
from functools import partial

import structlog
from aiokafka.errors import KafkaError

from services.router.api import add_routes
from services.router.batches import decide_all
from services.router.decide import Matcher
from services.router.handlers import PlaceComplaints
from services.router.model_file import load_model
from services.router.settings import RouterSettings
from shared.consumer import BatchConsumer
from shared.events import ComplaintReceived
from shared.http import create_app
from shared.kafka import create_topics
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.service import foundation, serve
from shared.token_verifier import verifier_of
from shared.topics import COMPLAINTS_RECEIVED, all_topics

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
    policy = load_policy(settings.policy_dir)
    matcher = Matcher(policy)
    classifier = load_model(settings.model) if settings.model else None
    async with foundation(settings, "router") as base:
        base.subscriptions.add(
            BatchConsumer(
                "decisions",
                [ComplaintReceived],
                PlaceComplaints(partial(decide_all, matcher=matcher, model=classifier)),
                base.pool,
                base.relay,
            ),
            COMPLAINTS_RECEIVED,
        )
        app = create_app("Hotline router", verifier_of(settings))
        add_routes(app, matcher, policy, classifier)
        await serve(app, settings, base, ensure_topics(settings, policy), needs_kafka=True)
