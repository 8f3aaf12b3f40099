"""Which proxies are believed when they say from where a request came: those that whoever serves has named by address.

From anybody else such headers are removed, since everybody can send them. Only ``X-Forwarded-For`` and
``X-Forwarded-Proto`` are read: a proxy that sets those passes on whatever else a browser claims, such as ``X-Real-Ip``.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tornado.httputil import HTTPHeaders

from guanai.care.errors import GuanaiError

__all__ = ["Proxies", "address_group"]

_BELIEVED = ("X-Forwarded-For", "X-Forwarded-Proto")
_NEVER = ("X-Real-Ip", "X-Scheme")
# Whoever has one IPv6 address usually has the whole /64 around it (RFC 6177).
_IPV6_GROUP = 64


class Proxies:
    """The proxies of a server, by address or network (``10.0.0.0/24``). Raises GuanaiError for anything else."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self.networks: list[IPv4Network | IPv6Network] = []
        for text in named:
            try:
                self.networks.append(ip_network(text, strict=False))
            except ValueError as error:
                raise GuanaiError("serve.bad_proxy", address=text) from error

    def __contains__(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    @property
    def addresses(self) -> list[str]:
        """The single addresses among them, which are skipped in a list of several proxies."""
        return [str(network[0]) for network in self.networks if network.num_addresses == 1]

    def remove_claims(self, headers: HTTPHeaders, address: str) -> None:
        """Remove what a request from this address may not claim about where it came from."""
        for name in _NEVER if address in self else (*_NEVER, *_BELIEVED):
            headers.pop(name, None)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def address_group(address: str) -> str:
    """Return by what an address is counted: itself, or with IPv6 the network that one customer has.

    >>> [address_group(one) for one in ("10.0.0.7", "2001:db8::1", "2001:db8::2", "::ffff:10.0.0.7", "unknown")]
    ['10.0.0.7', '2001:db8::/64', '2001:db8::/64', '10.0.0.7', 'unknown']
    """
    parsed = _parsed(address)
    if parsed is None:
        return address
    return str(ip_network((parsed, _IPV6_GROUP), strict=False)) if parsed.version == 6 else str(parsed)
