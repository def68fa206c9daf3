"""Loopback ports for servers that run on this machine only."""

import random
import socket
from contextlib import ExitStack

from deploy.local.messages import StackError

LOOPBACK = "127.0.0.1"

# Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections: a client that
# keeps dialling a stopped server could otherwise be given the server's own port, and connect to itself.
_SERVER_PORTS = range(15_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing uses now."""
    found: list[int] = []
    with ExitStack() as held:
        for port in random.sample(_SERVER_PORTS, len(_SERVER_PORTS)):
            if len(found) == count:
                break
            try:
                held.enter_context(_bound(port))
            except OSError:
                continue
            found.append(port)
    if len(found) < count:
        raise StackError(f"No {count} ports are free on {LOOPBACK}; stop some of the servers that run here.")
    return found


def require_free(port: int, purpose: str) -> None:
    """Raise StackError unless `port` can be listened on; `purpose` is what would listen there."""
    try:
        _bound(port).close()
    except PermissionError:
        raise StackError(
            f"Port {port} on {LOOPBACK}, wanted for {purpose}, may only be used by root; give a port above 1023."
        ) from None
    except OSError:
        raise StackError(
            f"Port {port} on {LOOPBACK}, wanted for {purpose}, is already in use; "
            f"stop what listens there (`lsof -i :{port}` or `ss -ltnp` shows it) or give another port."
        ) from None


def _bound(port: int) -> socket.socket:
    server = socket.socket()
    try:
        # Connections of a server that has just stopped linger, and do not keep the next one from listening.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((LOOPBACK, port))
    except OSError:
        server.close()
        raise
    return server
