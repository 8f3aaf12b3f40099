"""Where a server listens: which addresses only this machine reaches, and which port is free."""

import socket
from ipaddress import ip_address

__all__ = ["DEFAULT_PORT", "free_port", "is_loopback", "shown_host"]

DEFAULT_PORT = 8866
ALL_INTERFACES = {"", "0.0.0.0", "::"}  # noqa: S104  # compared with, not listened on


def is_loopback(host: str) -> bool:
    """Whether an address or host name can only be reached from this machine.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "", "school.example")]
    [True, True, True, False, False, False]
    """
    address = host.strip("[]")
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def shown_host(host: str) -> str:
    """Return the name by which others reach a server that listens on an address."""
    return socket.gethostname() if host in ALL_INTERFACES else host


def free_port(first: int = DEFAULT_PORT, host: str = "127.0.0.1") -> int:
    """Return the first port from this one on that nobody listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return first
