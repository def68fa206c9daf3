"""The tracker put together: the one place where its parts meet."""

from services.tracker import store
from services.tracker.acts.lifecycle_api import add_lifecycle_routes
from services.tracker.acts.suspensions import resuming
from services.tracker.api import add_routes
from services.tracker.casework import Casework
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.deadlines.recomputing import Recomputing
from services.tracker.departments.action_taking import actions_consumer
from services.tracker.gauges import refresh_gauges
from services.tracker.handlers import OpenCases
from services.tracker.inaction.detecting import Detecting
from services.tracker.inaction.inaction_api import add_inaction_routes
from services.tracker.inaction.inaction_asking import Asking
from services.tracker.inaction.inaction_pages import add_inaction_pages
from services.tracker.inaction.judging import Judging
from services.tracker.incidents.incident_following import follow_changes
from services.tracker.incidents.incident_pages import add_incident_pages
from services.tracker.incidents.incidents_api import add_incidents_routes
from services.tracker.moving import Rules
from services.tracker.pages.workbench_pages import add_workbench_pages
from services.tracker.record.anchoring import Anchoring
from services.tracker.record.record_api import add_record_routes
from services.tracker.reports.disclosure_api import add_disclosure_routes
from services.tracker.reports.reports_api import add_reports_routes
from services.tracker.reports.tallying import Tallying
from services.tracker.settings import TrackerSettings
from services.tracker.timers.sweeper import Sweeper
from shared.consumer import BatchConsumer
from shared.events import ComplaintAssigned, IncidentMembershipChanged
from shared.http import create_app
from shared.oidc import provider_of
from shared.operations import Probe
from shared.policy import Policy
from shared.reloading import Reloading
from shared.service import foundation, serve
from shared.token_verifier import verifier_of
from shared.topics import ACTIONS_PATTERN, ASSIGNED_PATTERN, COMPLAINTS_INCIDENTS


def _rules(policy: Policy, now: Rules | None) -> Rules:
    # A calendar costs half a second, and most changes leave it as it is.
    same = now is not None and now.policy.notices == policy.notices
    return Rules(policy, now.calendar) if now and same else Rules.of(policy)


async def run(settings: TrackerSettings) -> None:
    reloading = Reloading(settings.policy_dir, _rules)
    rules, policy = reloading.current, reloading.policy
    async with foundation(settings, "tracker") as base:
        if not settings.simulation and await base.pool.fetchval(store.IS_SIMULATED):
            raise SystemExit(
                "The clock of this database is simulated, so real deadlines would be wrong. Use another database, or "
                "set HOTLINE_SIMULATION=true if this is a demonstration."
            )
        base.subscriptions.add(
            BatchConsumer("cases", [ComplaintAssigned], OpenCases(rules), base.pool, base.relay),
            pattern=ASSIGNED_PATTERN,
        )
        base.subscriptions.add(
            BatchConsumer("incidents", [IncidentMembershipChanged], follow_changes, base.pool, base.relay),
            COMPLAINTS_INCIDENTS,
        )
        verifier = verifier_of(settings)
        app = create_app("Hotline tracker", verifier, provider_of(settings, verifier))
        casework = Casework(base.pool, base.relay, rules)
        base.subscriptions.add(actions_consumer(casework), pattern=ACTIONS_PATTERN)
        add_routes(app, casework, policy, base.pool)
        add_lifecycle_routes(app, casework, policy)
        add_incidents_routes(app, casework, base.pool)
        judging = Judging(casework)
        add_inaction_routes(app, judging, policy, base.pool)
        add_inaction_pages(app, policy)
        add_record_routes(app, base.pool)
        add_reports_routes(app, policy, base.pool)
        add_disclosure_routes(app, policy, base.pool)
        add_workbench_pages(app, policy, settings.intake_pages)
        add_incident_pages(app, policy)
        sweeper = Sweeper(base.pool, base.relay, policy)
        sweeper.on(TimerKind.RESUME, resuming(rules))
        await serve(
            app,
            settings,
            base,
            reloading.watch(),
            sweeper.run(),
            Asking(base.pool, rules).run(),
            Anchoring(base.pool).run(),
            Tallying(base.pool).run(),
            Recomputing(base.pool, base.relay, lambda: rules().calendar).run(),
            Detecting(base.pool, base.relay, policy).run(),
            needs_kafka=True,
            refreshes=(refresh_gauges(base.pool),),
            probes=(Probe("clock", sweeper.check_clock, required=False),),
        )
