"""An intake that has worked for a while is migrated: who has each case is known, and the vault can be indexed."""

import os

import asyncpg

from services.intake.complaint import Original, Reporter
from services.intake.identity import vault_store
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.rotating import rotate
from services.intake.identity.vault import Identity, Keyring, seal
from shared import migrate
from shared.postgres import create_pool
from tests.conftest import migrations_of
from tests.examples import NOW
from tests.integration.reporters import REPORTER

FILL = """
INSERT INTO complaints
    SELECT gen_random_uuid(), '20261124-' || n, 'web_portal', 'external-' || n, 'help', 'normal', 'named', NULL,
        'text', NULL, NULL, NULL, NULL, NULL, '', now() FROM generate_series(1, 3) AS n;
INSERT INTO progress
    SELECT gen_random_uuid(), complaint_id, $1, version,
        CASE version WHEN 1 THEN 'dispatched' ELSE 'closed' END, 'department-' || version, NULL
    FROM complaints, generate_series(1, 2) AS version WHERE version = 1 OR external_id = 'external-1'
"""


async def test_who_has_each_case_is_taken_over_and_the_vault_is_indexed_by_rotating(
    empty_urls: dict[str, str],
) -> None:
    url, migrations = empty_urls["intake"], migrations_of("intake")
    before = [migration for migration in migrations if migration.name < "intake/0005"]
    await migrate.migrate(url, [m for m in before if m.name.startswith(("shared", "intake"))])
    keyring, index = Keyring({"k": os.urandom(32)}, "k"), BlindIndex(os.urandom(32))
    connection = await asyncpg.connect(url)
    for statement in FILL.split(";"):
        await connection.execute(statement, *([NOW] if "$1" in statement else []))
    complaints = {row[1]: row[0] for row in await connection.fetch("SELECT complaint_id, external_id FROM complaints")}
    for complaint_id in complaints.values():
        sealed = seal(keyring, Identity(Reporter(**REPORTER), Original("text")), complaint_id)
        await connection.execute(
            "INSERT INTO vault VALUES ($1, $2, $3)", complaint_id, sealed.key_id, sealed.ciphertext
        )
    await migrate.migrate(url, migrations)
    rows = await connection.fetch("SELECT complaint_id, holder, status, version, ended_at FROM standings")
    standings = {row["complaint_id"]: tuple(row)[1:] for row in rows}
    await connection.close()
    assert standings == {
        complaints["external-1"]: ("department-2", "closed", 2, NOW),
        complaints["external-2"]: ("department-1", "dispatched", 1, None),
        complaints["external-3"]: ("department-1", "dispatched", 1, None),
    }
    async with await create_pool(url, application_name="test") as pool:
        assert (await rotate(pool, keyring, index)).renewed == 3
        assert await pool.fetchval("SELECT count(*) FROM blind_index") == 3 * 3
        assert await vault_store.count_by_key(pool) == {"k": 3}
