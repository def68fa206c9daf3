"""One replica of the tracker with nothing but its sweeper, as a process: ``python -m bench.sweeping``.

``DATABASE_URL`` names the tracker's database. The events stay in the outbox, where the bench counts them.
"""

import gc
import os

import uvloop

from deploy.local.hotline import POLICY
from services.tracker.timers.sweeper import Sweeper
from shared.outbox import Relay
from shared.policy_files import load_policy
from shared.postgres import create_pool


async def main() -> None:
    policy = load_policy(POLICY)
    pool = await create_pool(os.environ["DATABASE_URL"], application_name="hotline-tracker")
    sweeper = Sweeper(pool, Relay(pool, []), lambda: policy)
    await sweeper.sweep()
    # As every service does: see shared/service.py.
    gc.freeze()
    gc.set_threshold(50_000)
    print("ready", flush=True)
    await sweeper.run()


if __name__ == "__main__":
    uvloop.run(main())
