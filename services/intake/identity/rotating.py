"""Bringing every row of the vault under the keys in use, beside the running service.

Each batch is a transaction of its own and a row tells by itself whether it is done, so the work may be stopped at any
time and begun again. The rows of a batch are locked until they are written anew; nothing else of the service waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from services.intake.identity import vault_store
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Identity, Keyring, Sealed, VaultError, open_, seal
from shared.postgres import Pool

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of the vault. Rows that do not open (their key is missing, they were altered) stay as they were."""

    renewed: int
    unreadable: int
    # How many rows each key seals now, by its id.
    sealed: dict[str, int]
    # Keys of the ring that seal nothing any more, in the order of their ids.
    unused: tuple[str, ...]


async def rotate(pool: Pool, keyring: Keyring, index: BlindIndex) -> Rotated:
    """Seal every row with the current key and trace it with the key of `index`, where it is not yet."""
    renewed = unreadable = 0
    after: UUID | None = UUID(int=0)
    while after is not None:
        after, done, failed = await _renew_batch(pool, keyring, index, after)
        renewed += done
        unreadable += failed
    sealed = await vault_store.count_by_key(pool)
    unused = tuple(key_id for key_id in sorted(keyring.key_ids) if key_id != keyring.current and key_id not in sealed)
    return Rotated(renewed, unreadable, sealed, unused)


async def _renew_batch(pool: Pool, keyring: Keyring, index: BlindIndex, after: UUID) -> tuple[UUID | None, int, int]:
    """The last row of the batch (None where there was none), how many were renewed and how many do not open."""
    async with pool.acquire() as connection, connection.transaction():
        old = await vault_store.claim_old(connection, after, keyring.current, index.fingerprint, _BATCH)
        if not old:
            return None, 0, 0
        identities = dict(_opened(keyring, old))
        await vault_store.renew(
            connection,
            {complaint_id: seal(keyring, identity, complaint_id) for complaint_id, identity in identities.items()},
            [
                (trace, complaint_id)
                for complaint_id, identity in identities.items()
                for trace in index.traces(identity.reporter)
            ],
            index.fingerprint,
        )
    return old[-1][0], len(identities), len(old) - len(identities)


def _opened(keyring: Keyring, rows: list[tuple[UUID, Sealed]]) -> Iterator[tuple[UUID, Identity]]:
    for complaint_id, sealed in rows:
        try:
            yield complaint_id, open_(keyring, sealed, complaint_id)
        except VaultError:
            continue
