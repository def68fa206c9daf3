"""The intake put together: the one place where its parts meet."""

from services.intake import handlers
from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.complaint import County
from services.intake.imap import MailboxReader
from services.intake.mail_intake import MailIntake
from services.intake.mailboxes import read_mailboxes
from services.intake.settings import IntakeSettings
from services.intake.spool import MailSpool
from services.intake.submitting import Submitting
from services.intake.vault import Keyring
from shared.consumer import BatchConsumer
from shared.http import create_app
from shared.policy_files import load_policy
from shared.service import foundation, serve
from shared.topics import CASES_EVENTS


async def run(settings: IntakeSettings) -> None:
    policy = load_policy(settings.policy_dir)
    county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
    mailboxes = read_mailboxes(settings.mailboxes, policy.departments) if settings.mailboxes else ()
    keyring = Keyring.parse(settings.vault_keys.get_secret_value())
    async with foundation(settings, "intake") as base:
        acceptance = Acceptance(base.pool, base.relay, keyring)
        base.subscriptions.add(
            BatchConsumer("progress", handlers.TOLD_TO_REPORTERS, handlers.record_progress, base.pool, base.relay),
            CASES_EVENTS,
        )
        app = create_app("Hotline intake")
        add_routes(app, Submitting(acceptance, county, settings.query_code_key), base.pool)
        background = [acceptance.run()]
        mail_intake = MailIntake(base.pool, acceptance, county)
        if settings.mail_spool is not None:
            background.append(MailSpool(settings.mail_spool, mail_intake).run())
        background += [MailboxReader(mailbox, mail_intake).run() for mailbox in mailboxes]
        # Complaints are accepted while Kafka is away: they wait in the outbox.
        await serve(app, settings, base, *background, needs_kafka=False)
