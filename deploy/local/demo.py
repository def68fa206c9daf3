"""The demonstration: complaints from every door reach their departments, and the silent ones are reported."""

import asyncio
import fcntl
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local import observe, officers
from deploy.local.feed import feed, sample_submissions
from deploy.local.messages import StackError, say
from deploy.local.report import Report, print_report
from deploy.local.stack import Ports, Stack, start_stack
from shared.principal import Role

_PATIENCE_SECONDS = 180.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of simulated time after which some officers act."""

    days: float
    told: str
    action: str
    of_status: str
    # How many of ten cases are acted on; the rest stays silent.
    of_ten: int


CHAPTERS: Sequence[Chapter] = (
    Chapter(0, "the departments acknowledge most cases", "acknowledge", "dispatched", 8),
    Chapter(0, "and answer the first", "reply", "in_progress", 4),
    Chapter(4, "four days later some of the late ones are acknowledged", "acknowledge", "dispatched", 5),
    Chapter(9, "nine days later more are answered", "reply", "in_progress", 5),
    Chapter(25, "after twenty-five days every clock has run out", "reply", "in_progress", 0),
)


def run_demo(state: Path, ports: Ports, *, leave: bool, picture: Path | None) -> bool:
    """Run the demonstration; with `leave` it ends by itself, else on Ctrl-C. `picture` is drawn as SVG.

    Returns whether every accepted complaint has exactly one case. StackError says what keeps it from running.
    """
    with (
        _alone(state),
        _stoppable(),
        start_stack(state, ports, database="hotline_demo", fresh=True, simulation=True) as stack,
    ):
        report = asyncio.run(_play(stack))
        print_report(report, stack, picture)
        if not leave:
            say("Running until Ctrl-C")
            signal.pause()
    return report.seen.is_one_to_one and report.fed.accepted <= report.seen.departments.keys()


async def _play(stack: Stack) -> Report:
    started = time.monotonic()
    await _wait_until(lambda: observe.services_are_ready(stack), "every service is ready")
    submissions = sample_submissions()
    say(f"Feeding {len(submissions)} submissions, what the clerks wrote down, the mails and the platform's exports")
    fed = await feed(stack, submissions)

    async def everything_has_a_case() -> bool:
        seen = await observe.look(stack)
        return await observe.mail_is_taken_in(stack) and not seen.without_case

    await _wait_until(everything_has_a_case, "every accepted complaint has a case")
    seen = await observe.look(stack)
    say(f"{len(seen.departments)} cases after {time.monotonic() - started:.1f} s")
    as_supervisor = stack.issuer.headers(Role.SUPERVISOR)
    async with httpx.AsyncClient(base_url=stack.tracker.url, headers=as_supervisor, timeout=60) as client:
        for chapter in CHAPTERS:
            await _play_chapter(stack, client, chapter, sorted(set(seen.departments.values())))
        summary = (await client.get("/v1/supervision/summary")).raise_for_status().json()
        inaction = (await client.get("/v1/supervision/inaction", params={"limit": 5})).raise_for_status().json()
    return Report(fed, seen, summary, inaction["items"])


async def _play_chapter(stack: Stack, client: httpx.AsyncClient, chapter: Chapter, departments: Sequence[str]) -> None:
    if chapter.days:
        await asyncio.to_thread(stack.tracker.run, "clock", str(chapter.days))
        await _wait_until(lambda: observe.timers_have_fired(stack), "what fell due has fired")
    acted = 0
    if chapter.of_ten:
        for department in departments:
            cases = await officers.queue(client, department, chapter.of_status)
            acted += await officers.act(
                client, stack.issuer, chapter.action, [case for n, case in enumerate(cases) if n % 10 < chapter.of_ten]
            )
    say(f"{chapter.told}: {acted} cases")


async def _wait_until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not await condition():
        if time.monotonic() > end:
            raise StackError(f"After {_PATIENCE_SECONDS:.0f} s it is still not so that {what}; see the logs.")
        await asyncio.sleep(_POLL_SECONDS)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Start from nothing, but never under the feet of a demonstration that runs."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StackError("The demonstration already runs; stop it with Ctrl-C where it was started.") from None
        _empty(state)
        yield


def _empty(state: Path) -> None:
    """Remove what an earlier run left, but for the files by which servers that outlived it are found and stopped."""
    for entry in state.glob("*"):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.suffix != ".pid":
            entry.unlink()


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the demonstration in order: servers are stopped, nothing is left behind."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
