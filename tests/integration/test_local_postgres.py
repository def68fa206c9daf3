"""The PostgreSQL of one machine, and the database that the services find in it."""

import asyncio
import os
import shutil
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.database import ROLES, SERVICES, prepare_database, service_passwords
from deploy.local.messages import StackError
from deploy.local.ports import free_ports
from deploy.local.postgres import LocalPostgres
from deploy.local.process import command_line
from tests.state import state_directory

_PROJECT = Path(__file__).parents[2]
_RUN = """
import sys, time
from pathlib import Path
from deploy.local.postgres import LocalPostgres
server = LocalPostgres(Path(sys.argv[1]), int(sys.argv[2]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    with state_directory() as directory:
        yield directory


@pytest.fixture(scope="module", params=[True, False], ids=["system", "wheel"])
def server(request: pytest.FixtureRequest, state: Path) -> Iterator[LocalPostgres]:
    [port] = free_ports(1)
    with LocalPostgres(state / f"system-{request.param}", port, look_in_system=request.param) as running:
        yield running


@pytest.fixture
async def urls(server: LocalPostgres) -> dict[str, str]:
    return await prepare_database(server.url, service_passwords(server.state))


async def _ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_commits_reach_the_disk(server: LocalPostgres) -> None:
    assert await _ask(server.url, "SHOW fsync") == "on"
    assert await _ask(server.url, "SHOW synchronous_commit") == "on"


async def test_only_this_machine_can_connect_and_only_with_a_password(server: LocalPostgres) -> None:
    assert await _ask(server.url, "SHOW listen_addresses") == "127.0.0.1"
    assert await _ask(server.url, "SELECT bool_and(auth_method = 'scram-sha-256') FROM pg_hba_file_rules") is True
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=server.port, user="postgres", password="wrong")


def test_nobody_else_can_read_the_password(server: LocalPostgres) -> None:
    service_passwords(server.state)
    for name in ("postgres-password", "service-passwords.json"):
        assert (server.state / name).stat().st_mode & 0o077 == 0


async def test_the_database_knows_chinese_letters(urls: dict[str, str]) -> None:
    assert await _ask(urls["intake"], "SHOW server_encoding") == "UTF8"
    assert await _ask(urls["intake"], "SELECT '镇平县' ~ '^[[:alpha:]]{3}$'") is True


async def test_preparing_again_keeps_the_data_and_the_addresses(server: LocalPostgres, urls: dict[str, str]) -> None:
    await _ask(urls["tracker"], "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS number")
    again = await prepare_database(server.url, service_passwords(server.state))
    assert again == urls
    assert await _ask(again["tracker"], "SELECT number FROM kept") == 7


async def test_two_runs_that_prepare_at_once_do_not_disturb_each_other(server: LocalPostgres) -> None:
    passwords = service_passwords(server.state)
    first, second = await asyncio.gather(
        *(prepare_database(server.url, passwords, database="at_once") for _run in range(2))
    )
    assert first == second


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_works_in_its_own_schema(urls: dict[str, str], service: str) -> None:
    assert await _ask(urls[service], "SELECT current_user || ' ' || current_schema()") == f"{service} {service}"
    await _ask(urls[service], "CREATE TABLE IF NOT EXISTS own (id int)")
    assert await _ask(urls[service], "SELECT 'own'::regclass::text") == "own"


@pytest.mark.parametrize("other", ["router", "tracker", "public"])
async def test_a_service_sees_no_other_schema(urls: dict[str, str], other: str) -> None:
    if other in urls:
        await _ask(urls[other], "CREATE TABLE IF NOT EXISTS secret (id int)")
    for privilege in ("USAGE", "CREATE"):
        assert await _ask(urls["intake"], f"SELECT has_schema_privilege('{other}', '{privilege}')") is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _ask(urls["intake"], f"TABLE {other}.secret")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _ask(urls["intake"], f"CREATE TABLE {other}.intruder (id int)")


async def test_a_service_is_no_administrator(urls: dict[str, str]) -> None:
    for forbidden in ("CREATE ROLE intruder", "CREATE DATABASE intruder", "CREATE SCHEMA intruder", "SET ROLE tracker"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _ask(urls["intake"], forbidden)


async def test_whoever_may_make_databases_and_roles_need_not_be_superuser(server: LocalPostgres) -> None:
    for statement in ("DROP DATABASE IF EXISTS hotline", "DROP DATABASE IF EXISTS at_once"):
        await _ask(server.url, statement)
    for role in ROLES:
        await _ask(server.url, f"DROP ROLE IF EXISTS {role}")
    await _ask(server.url, "CREATE ROLE owner LOGIN CREATEDB CREATEROLE PASSWORD 'owner'")
    owner = f"postgresql://owner:owner@127.0.0.1:{server.port}/postgres"
    for _time in range(2):
        urls = await prepare_database(owner, service_passwords(server.state))
        assert await _ask(urls["router"], "SELECT current_schema()") == "router"


async def test_who_may_make_nothing_is_told_so(server: LocalPostgres, urls: dict[str, str]) -> None:
    with pytest.raises(StackError, match="its user may make databases and roles"):
        await prepare_database(urls["intake"], service_passwords(server.state), database="another")


async def test_a_committed_row_outlives_a_killed_server(server: LocalPostgres, urls: dict[str, str]) -> None:
    await _ask(urls["intake"], "CREATE TABLE survivors AS SELECT 1 AS number")
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    assert await _ask(urls["intake"], "SELECT number FROM survivors") == 1


async def test_a_server_that_a_killed_run_left_behind_is_stopped_and_its_data_go_on(
    server: LocalPostgres, urls: dict[str, str]
) -> None:
    await _ask(urls["intake"], "CREATE TABLE inherited AS SELECT 1 AS number")
    server.stop()
    run = await create_subprocess_exec(
        sys.executable, "-c", _RUN, str(server.state), str(server.port), stdout=PIPE, cwd=_PROJECT
    )
    assert run.stdout is not None
    left_behind = int(await run.stdout.readline())
    run.kill()
    await run.wait()
    assert command_line(left_behind)
    await asyncio.to_thread(server.start)
    assert not command_line(left_behind)
    assert await _ask(urls["intake"], "SELECT number FROM inherited") == 1


def test_a_second_run_in_the_same_directory_is_refused(server: LocalPostgres) -> None:
    [port] = free_ports(1)
    with pytest.raises(StackError, match="Another run already uses PostgreSQL"):
        LocalPostgres(server.state, port).start()
    assert server.running


def test_a_lock_file_whose_process_number_another_program_has_now_is_no_hindrance(server: LocalPostgres) -> None:
    server.kill()
    lock = server.data / "postmaster.pid"
    _killed, *rest = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *rest, ""]))
    server.start()
    assert server.running


def test_a_directory_that_other_users_cannot_enter_serves_as_well(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    [port] = free_ports(1)
    with LocalPostgres(tmp_path / "closed", port) as server:
        place = server.data.parent
        assert server.running
    with LocalPostgres(tmp_path / "closed", port) as again:
        assert again.data.parent == place
    shutil.rmtree(place)
