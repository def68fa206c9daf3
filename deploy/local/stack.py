"""The whole of Hotline on one machine: PostgreSQL, the broker and the three services, each a process."""

import asyncio
import base64
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.broker import Broker, start_broker
from deploy.local.database import prepare_database, service_passwords, serving
from deploy.local.hotline import HotlineService, ServiceName
from deploy.local.issuer import Issuer
from deploy.local.messages import say
from deploy.local.outside import Outside
from deploy.local.policies import lay_out_policies, policy_dir
from deploy.local.ports import free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres, start_postgres


@dataclass(frozen=True, slots=True)
class Ports:
    intake: int
    router: int
    tracker: int
    kafka: int
    postgres: int
    departments: int
    outside: int

    @classmethod
    def from_first(cls, first: int) -> "Ports":
        return cls(*range(first, first + 7))

    @classmethod
    def free(cls) -> "Ports":
        return cls(*free_ports(7))


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs; the intake takes mail from `spool`, `issuer` gives tokens to programs and `outside` to browsers."""

    postgres: LocalPostgres | ExternalPostgres
    broker: Broker
    intake: HotlineService
    router: HotlineService
    tracker: HotlineService
    database_urls: Mapping[str, str]
    spool: Path
    issuer: Issuer
    outside: Outside

    @property
    def services(self) -> tuple[HotlineService, HotlineService, HotlineService]:
        return (self.intake, self.router, self.tracker)


@contextmanager
def start_stack(
    state: Path,
    ports: Ports,
    *,
    database: str = "hotline",
    fresh: bool = False,
    require_apache: bool = False,
    simulation: bool = False,
) -> Iterator[Stack]:
    """Run everything with its data in `state` for as long as the context lasts; StackError says what is missing."""
    with ExitStack() as running:
        say("Starting PostgreSQL")
        postgres = running.enter_context(start_postgres(state, ports.postgres))
        passwords = service_passwords(state)
        urls = asyncio.run(prepare_database(postgres.url, passwords, database=database, fresh=fresh))
        say("Starting the broker")
        broker = running.enter_context(
            start_broker(state, ports.kafka, ports.departments, require_apache=require_apache)
        )
        stack = _assemble(state, ports, postgres, broker, urls, passwords, simulation=simulation)
        lay_out_policies(stack.router, state)
        say("Making tables and topics")
        with ThreadPoolExecutor() as pool:
            steps = [pool.submit(one.run, "migrate", DATABASE_URL=urls[one.service]) for one in stack.services]
            steps.append(pool.submit(stack.router.run, "create-topics"))
            for step in steps:
                step.result()
        say("Starting the services")
        running.enter_context(stack.outside)
        for service in stack.services:
            running.callback(service.stop)
        with ThreadPoolExecutor() as pool:
            list(pool.map(HotlineService.start, stack.services))
        yield stack


def _assemble(
    state: Path,
    ports: Ports,
    postgres: LocalPostgres | ExternalPostgres,
    broker: Broker,
    urls: Mapping[str, str],
    passwords: Mapping[str, str],
    *,
    simulation: bool,
) -> Stack:
    spool = state / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    issuer = Issuer(state)
    outside = Outside(state, ports.outside)
    common = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "HOTLINE_POLICY_DIR": str(policy_dir(state)),
        **issuer.settings(),
        **outside.login_settings(),
    }

    def service(name: ServiceName, port: int, **own: str) -> HotlineService:
        url = serving(urls[name], name, passwords)
        return HotlineService(name, state, port, common | {"DATABASE_URL": url} | own)

    return Stack(
        postgres,
        broker,
        service(
            "intake",
            ports.intake,
            HOTLINE_MAIL_SPOOL=str(spool),
            HOTLINE_ATTACHMENTS=str(state / "attachments"),
            HOTLINE_ROUTER_URL=f"http://127.0.0.1:{ports.router}",
            **_secrets(state),
            **outside.sms_settings(),
        ),
        service("router", ports.router, HOTLINE_MODEL=str(state / "models" / "in-service.model")),
        service(
            "tracker",
            ports.tracker,
            HOTLINE_SIMULATION=str(simulation).lower(),
            HOTLINE_INTAKE_PAGES=f"http://127.0.0.1:{ports.intake}",
        ),
        urls,
        spool,
        issuer,
        outside,
    )


def _secrets(state: Path) -> dict[str, str]:
    """The keys of the intake, made the first time and kept in files that only we can read."""

    def kept(name: str) -> str:
        file = state / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        return file.read_text()

    return {
        "HOTLINE_VAULT_KEYS": f"local:{kept('vault-key')}",
        "HOTLINE_BLIND_INDEX_KEY": kept("blind-index-key"),
        "HOTLINE_QUERY_CODE_KEY": kept("query-code-key"),
    }
