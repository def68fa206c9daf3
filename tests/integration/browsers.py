"""A real browser, and an application served to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright

from deploy.local.ports import LOOPBACK, free_ports

_CHROMIUM = "/usr/bin/chromium"


@asynccontextmanager
async def serving(app: FastAPI, port: int | None = None) -> AsyncIterator[str]:
    """`app` at the address that this gives, for as long as the context lasts."""
    port = port or free_ports(1)[0]
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await running


@asynccontextmanager
async def browsing(*, scripts: bool) -> AsyncIterator[Page]:
    """An empty page of a browser that runs scripts or none."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        # A context of its own may have further pages.
        context = await browser.new_context(java_script_enabled=scripts)
        yield await context.new_page()
        await browser.close()


async def log_in(page: Page, address: str, value: str) -> None:
    """Go to `address` by way of the login, with the token `value`."""
    await page.goto(address)
    await page.fill("#token", value)
    await page.click("main form[action='/login'] button")
    await page.wait_for_url(address)
