"""The intake put together: the one place where its parts meet."""

from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI

from services.intake import handlers
from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.attachments.attachments import Attachments, Collected
from services.intake.attachments.attachments_api import add_attachment_routes
from services.intake.county import County
from services.intake.gauges import refresh_gauges
from services.intake.identity.key_sources import read_keyring
from services.intake.identity.reporter_api import add_reporter_routes
from services.intake.identity.retention import Retention
from services.intake.identity.rotating import Rotated, rotate
from services.intake.in_force import county_of, making_ready
from services.intake.mail.imap import MailboxReader
from services.intake.mail.lmtp import LmtpServer
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.mail_retention import MailRetention
from services.intake.mail.mailboxes import Mailboxes, read_mailboxes
from services.intake.mail.spool import MailSpool
from services.intake.open311.open311_api import add_open311_routes
from services.intake.open311.open311_facade import Open311
from services.intake.open311.open311_keys import parse_digests
from services.intake.pages.attachment_pages import add_attachment_pages
from services.intake.pages.citizen_pages import add_citizen_pages
from services.intake.pages.page_files import PageFiles
from services.intake.pages.phone_checking import PhoneChecking
from services.intake.pages.reporter_pages import add_reporter_pages
from services.intake.pages.sms import SmsGateway
from services.intake.pages.staff_pages import add_staff_pages
from services.intake.platforms.export_files import read_rows
from services.intake.platforms.importing import Importing, Outcome, read_platform, report
from services.intake.platforms.push_api import add_push_routes
from services.intake.platforms.push_signature import parse_keys
from services.intake.repeats.same_incident import SameIncident
from services.intake.repeats.similar_api import add_similar_routes
from services.intake.settings import IntakeSettings, KeptSettings, VaultSettings
from services.intake.submitting import Submitting
from shared.consumer import BatchConsumer
from shared.events import ComplaintAssigned
from shared.http import create_app
from shared.oidc import provider_of
from shared.outbox import Relay
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.postgres import Pool, create_pool
from shared.reloading import Reloading
from shared.service import foundation, serve
from shared.settings import WrongSetting
from shared.token_verifier import verifier_of
from shared.topics import ASSIGNED_PATTERN, CASES_EVENTS


def accepting(settings: IntakeSettings, submitting: Submitting, pool: Pool) -> FastAPI:
    """The application with the routes by which programs submit; they stand first, for the framework asks in order."""
    verifier = verifier_of(settings)
    app = create_app("Hotline intake", verifier, provider_of(settings, verifier))
    add_routes(app, submitting, pool)
    return app


def _gateway(settings: IntakeSettings) -> SmsGateway | None:
    if settings.sms_url is None and settings.sms_key is None:
        return None
    if settings.sms_url is None or settings.sms_key is None:
        raise WrongSetting("HOTLINE_SMS_URL and HOTLINE_SMS_KEY belong together: set both or none.")
    return SmsGateway(settings.sms_url, settings.sms_key)


def _lmtp(settings: IntakeSettings, intake: MailIntake, mailboxes: Mailboxes) -> LmtpServer | None:
    if settings.lmtp_port is None:
        return None
    if settings.mail_spool is None:
        raise WrongSetting("HOTLINE_LMTP_PORT needs HOTLINE_MAIL_SPOOL, the folder where delivered mails are kept.")
    return LmtpServer(settings.lmtp_port, intake, settings.mail_spool, mailboxes.delivered)


async def import_file(settings: IntakeSettings, file: Path, platform_file: Path, report_file: Path) -> Counter[Outcome]:
    """Import a platform's export beside the running service, whose relay then publishes what was accepted."""
    platform = read_platform(platform_file)
    keyring = read_keyring(settings)
    policy = load_policy(settings.policy_dir)
    async with await create_pool(str(settings.database_url), application_name="hotline-import") as pool:
        acceptance = Acceptance(
            pool,
            Relay(pool, settings.bootstrap_servers),
            keyring,
            settings.blind_index_key,
            lambda: policy.repeat_window,
        )
        importing = Importing(acceptance, county_of(policy), settings.query_code_key)
        # With a mark in front, without which spreadsheet programs read Chinese wrongly.
        with report_file.open("w", encoding="utf-8-sig") as out:
            return await report(importing.rows(platform, read_rows(file, platform)), out)


def _attachments(settings: KeptSettings, pool: Pool) -> Attachments | None:
    if settings.attachments is None:
        return None
    # Its library takes 6 MB, which an intake that keeps no files has no use for.
    from services.intake.attachments.attachment_files import AttachmentFiles  # noqa: PLC0415

    return Attachments(pool, AttachmentFiles.at(settings.attachments))


async def collect_orphans(settings: KeptSettings) -> Collected:
    """Remove the files that belong to no complaint; may run beside the service."""
    async with await create_pool(str(settings.database_url), application_name="hotline-orphans") as pool:
        attachments = _attachments(settings, pool)
        if attachments is None:
            raise WrongSetting("HOTLINE_ATTACHMENTS is not set, so no files are kept.")
        return await attachments.collect_orphans(datetime.now(UTC))


async def anonymize(settings: KeptSettings, policy: Policy) -> tuple[int, int, int]:
    """Erase whose retention has passed, beside the running service: how many complaints, mails and files."""
    mailboxes = read_mailboxes(settings.mailboxes, policy.departments) if settings.mailboxes else Mailboxes()
    async with await create_pool(str(settings.database_url), application_name="hotline-anonymize") as pool:
        mails = MailRetention(pool, lambda: policy.retention, mailboxes, settings.mail_spool)
        retention = Retention(pool, lambda: policy, mails, _attachments(settings, pool))
        return await retention.anonymize(), await retention.expire_mails(), await retention.collect_files()


async def rotate_vault(settings: VaultSettings) -> Rotated:
    """Bring the vault under the keys in use, beside the running service."""
    keyring = read_keyring(settings)
    async with await create_pool(str(settings.database_url), application_name="hotline-rotate-vault") as pool:
        return await rotate(pool, keyring, settings.blind_index_key)


async def run(settings: IntakeSettings) -> None:
    keyring = read_keyring(settings)
    mailboxes = Mailboxes()
    if settings.mailboxes:
        mailboxes = read_mailboxes(settings.mailboxes, load_policy(settings.policy_dir).departments)
    reloading = Reloading(settings.policy_dir, making_ready(mailboxes.all))
    policy = reloading.policy
    async with foundation(settings, "intake") as base, AsyncExitStack() as closing:
        index = settings.blind_index_key
        acceptance = Acceptance(base.pool, base.relay, keyring, index, lambda: policy().repeat_window)
        base.subscriptions.add(
            BatchConsumer("progress", handlers.FOLLOWED, handlers.follow_cases, base.pool, base.relay),
            CASES_EVENTS,
        )
        base.subscriptions.add(
            # Not the name of before ("helpers"), so that the assignments of the last 30 days are read once more.
            BatchConsumer(
                "assignments",
                [ComplaintAssigned],
                handlers.follow_assignments,
                base.pool,
                base.relay,
                read=handlers.read_assignment,
            ),
            pattern=ASSIGNED_PATTERN,
        )

        def county() -> County:
            return reloading.current().county

        submitting = Submitting(acceptance, county, settings.query_code_key)
        app = accepting(settings, submitting, base.pool)
        if settings.push_keys is not None:
            add_push_routes(app, submitting, base.pool, parse_keys(settings.push_keys.get_secret_value()))
        attachments = _attachments(settings, base.pool)
        if attachments is not None:
            add_attachment_routes(app, attachments, settings.query_code_key, policy)
            add_attachment_pages(app)
        keys = parse_digests(settings.open311_keys.get_secret_value()) if settings.open311_keys else {}
        add_open311_routes(app, Open311(acceptance, policy, county, base.pool, settings.query_code_key, keys))
        add_reporter_routes(app, base.pool, keyring, policy)
        add_similar_routes(app, base.pool, index, policy)
        add_reporter_pages(app, files=attachments is not None)
        files = PageFiles(attachments)
        gateway = _gateway(settings)
        checking = PhoneChecking(base.pool, index, settings.query_code_key, gateway) if gateway else None
        add_citizen_pages(app, submitting, base.pool, files, policy, checking)
        router = None
        if settings.router_url is not None:
            router = await closing.enter_async_context(httpx.AsyncClient(base_url=settings.router_url))
        add_staff_pages(app, submitting, base.pool, index, files, policy, SameIncident(router))
        mails = MailRetention(base.pool, lambda: policy().retention, mailboxes, settings.mail_spool)
        background = [reloading.watch(), acceptance.run(), Retention(base.pool, policy, mails, attachments).run()]
        mail_intake = MailIntake(base.pool, acceptance, county, attachments)
        if settings.mail_spool is not None:
            background.append(MailSpool(settings.mail_spool, mail_intake).run())
        if (lmtp := _lmtp(settings, mail_intake, mailboxes)) is not None:
            background.append(lmtp.run())
        background += [MailboxReader(mailbox, mail_intake).run() for mailbox in mailboxes.mailboxes]
        # Complaints are accepted while Kafka is away: they wait in the outbox.
        await serve(app, settings, base, *background, needs_kafka=False, refreshes=(refresh_gauges(base.pool),))
