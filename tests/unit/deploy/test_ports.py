import socket

import pytest

from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK, free_ports, require_free


def test_free_ports_are_different_and_can_be_listened_on() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        require_free(port, "a test")


def test_free_ports_are_never_those_that_outgoing_connections_get() -> None:
    assert all(1023 < port < 32_768 for port in free_ports(50))


def test_a_port_in_use_is_named_with_what_wanted_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} .* wanted for the broker, is already in use; stop"):
            require_free(port, "the broker")
