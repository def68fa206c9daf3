"""The intake put together: the one place where its parts meet."""

from services.intake import handlers
from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.complaint import County
from services.intake.settings import IntakeSettings
from services.intake.spool import MailSpool
from services.intake.submitting import Submitting
from shared.consumer import BatchConsumer
from shared.http import create_app
from shared.policy_files import load_policy
from shared.service import foundation, serve
from shared.topics import CASES_EVENTS


async def run(settings: IntakeSettings) -> None:
    policy = load_policy(settings.policy_dir)
    county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
    async with foundation(settings, "intake") as base:
        acceptance = Acceptance(base.pool, base.relay, settings.vault_keys)
        base.subscriptions.add(
            BatchConsumer("progress", handlers.TOLD_TO_REPORTERS, handlers.record_progress, base.pool, base.relay),
            CASES_EVENTS,
        )
        app = create_app("Hotline intake")
        add_routes(app, Submitting(acceptance, county, settings.query_code_key), base.pool)
        background = [acceptance.run()]
        if settings.mail_spool is not None:
            background.append(MailSpool(settings.mail_spool, acceptance, county).run())
        # Complaints are accepted while Kafka is away: they wait in the outbox.
        await serve(app, settings, base, *background, needs_kafka=False)
