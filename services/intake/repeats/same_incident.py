"""Asking the router, for whoever types a complaint in, whether others have told of the same incident (同一事件).

It is asked with the token of that person, so the router decides what they may be told. An answer that does not come at
once is no answer: nobody waits for it, and the page shows nothing.
"""

from collections.abc import Sequence
from typing import Any

import httpx
import structlog

from shared.redaction import redact

log = structlog.get_logger(__name__)

_SECONDS = 1.5
# Before that there is nothing to compare.
_SHORTEST = 6
_MOST = 3


class SameIncident:
    """`client` has the router's address as its base; without one nobody is told anything."""

    def __init__(self, client: httpx.AsyncClient | None) -> None:
        self._client = client

    async def told(self, token: str | None, text: str, place: str) -> Sequence[dict[str, Any]]:
        """The incidents that the text may tell of, the most alike first; empty where the router does not answer."""
        if self._client is None or token is None or len(text) < _SHORTEST:
            return ()
        asked = {"text": redact(text), "place": redact(place)[:200] or None}
        try:
            response = await self._client.post(
                "/v1/incidents:similar", json=asked, headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS
            )
            if response.status_code != httpx.codes.OK:
                # An officer of a department is told nothing here.
                return ()
            items: Sequence[dict[str, Any]] = response.json()["items"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.info("router_not_asked", error=type(error).__name__)
            return ()
        return items[:_MOST]
