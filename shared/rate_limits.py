"""How often one client or one token may call; counted in memory, for each process by itself.

What stands here keeps one caller from taking a service away from all others. It is no defence against many machines:
that is the proxy's in front.
"""

import ipaddress
import math
import time

from fastapi import Request
from fastapi.params import Depends
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from shared.principal import Principal, Role

# A person with a page that refreshes itself stays far below it.
_PER_TOKEN = parse("600/minute")
_REFUSED_PER_CLIENT = parse("60/minute")
# More than a process can accept: it stops a program that has run wild, and none that works.
_PER_ADAPTER = 600_000
_ADAPTERS_SECONDS = 60.0


class TooMany(Exception):
    """The caller has called too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"again after {retry_after} s")


class RateLimits:
    """The counters of one application."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        # When the present minute of each began, and its calls.
        self._adapters: dict[str, tuple[float, int]] = {}

    def of_client(self, request: Request, limit: RateLimitItem, what: str) -> None:
        """Count a call of the request's client; TooMany where it was one too many."""
        self._count(limit, what, client_of(request))

    def require_room(self, request: Request, limit: RateLimitItem, what: str) -> None:
        """Count nothing; TooMany where one more call of the request's client would be one too many."""
        key = (what, client_of(request))
        if not self._limiter.test(limit, *key):
            raise self._too_many(limit, key)

    def of_principal(self, principal: Principal) -> None:
        """Count a call of whoever logged in; TooMany where it was one too many."""
        if Role.ADAPTER in principal.roles:
            self._count_adapter(principal.subject)
        else:
            self._count(_PER_TOKEN, "token", principal.subject)

    def of_refused(self, request: Request) -> None:
        """Count a token of the client's that proved nothing; TooMany where it was one too many.

        A good token from the same address is never held up: many people share one.
        """
        self._count(_REFUSED_PER_CLIENT, "refused", client_of(request))

    def _count_adapter(self, subject: str) -> None:
        """By minutes that follow one another: a moving window remembers every call, which are too many here."""
        now = time.monotonic()
        began, calls = self._adapters.get(subject, (now, 0))
        if now - began >= _ADAPTERS_SECONDS:
            began, calls = now, 0
        self._adapters[subject] = began, calls + 1
        if calls >= _PER_ADAPTER:
            raise TooMany(max(1, math.ceil(began + _ADAPTERS_SECONDS - now)))

    def _count(self, limit: RateLimitItem, *key: str) -> None:
        if not self._limiter.hit(limit, *key):
            raise self._too_many(limit, key)

    def _too_many(self, limit: RateLimitItem, key: tuple[str, ...]) -> TooMany:
        reset = self._limiter.get_window_stats(limit, *key).reset_time
        return TooMany(max(1, math.ceil(reset - time.time())))


class LimitedByClient:
    """The rule that each client address may call the route only so often."""

    def __init__(self, limit: str) -> None:
        self.limit = parse(limit)

    async def __call__(self, request: Request) -> None:
        limits: RateLimits = request.app.state.rate_limits
        limits.of_client(request, self.limit, request.scope["route"].path)


def limited_by_client(limit: str) -> Depends:
    """At most so many calls of a client address, such as ``30/minute``; for routes that are open to all."""
    return Depends(LimitedByClient(limit))


def client_of(request: Request) -> str:
    """The caller's address, or of an IPv6 address the network that one household or office has.

    An IPv4 address that is written as an IPv6 one (``::ffff:1.2.3.4``) is itself: all of them are in one such network.
    """
    if request.client is None:
        return "local"
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return request.client.host
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
