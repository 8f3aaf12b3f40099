"""Limits of connections: half-open ones keep nobody out, and none is held for ever.

Promise: server/README.md, limits of connections, bodies and the time for a head (7.11).
"""

import pytest

from guanai.care.errors import GuanaiError
from guanai.server.network.connections import ANSWER_SECONDS, Connections
from guanai.server.network.http_server import BODY_LIMIT
from guanai.server.network.proxies import Proxies, address_group
from guanai.server.network.request_targets import LONGEST_TARGET, target_status


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Socket:
    """What is closed when a connection has to go."""

    closed = False

    def close(self):
        self.closed = True

    def is_closed(self):
        return self.closed


def opened(connections, address="10.0.0.1"):
    socket = Socket()
    return connections.open(address, socket.close, socket.is_closed), socket


class TestConnections:
    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def connections(self, clock):
        return Connections(6, 3, clock=clock)

    def test_the_one_of_the_same_address_that_has_waited_longest_makes_room(self, connections, clock):
        _, other = opened(connections, "10.0.0.9")
        sockets = []
        for _ in range(5):
            clock.now += 1
            sockets.append(opened(connections)[1])
        assert [socket.closed for socket in sockets] == [True, True, False, False, False]
        assert not other.closed
        assert len(connections) == 4

    def test_whoever_asks_at_once_is_answered_however_many_wait(self, connections, clock):
        asking, socket = opened(connections)
        connections.answers(asking, lambda: False)
        for number in range(50):
            clock.now += 0.1
            opened(connections, f"10.0.0.{number % 7}")
        assert not socket.closed
        assert len(connections) <= 6

    def test_with_every_connection_in_use_the_next_is_refused(self, connections):
        for number in range(6):
            connections.answers(opened(connections, f"10.0.0.{number}")[0], lambda: False)
        assert opened(connections, "10.0.1.1")[0] is None

    def test_a_closed_one_makes_room(self, connections):
        sockets = []
        for number in range(6):
            connection, socket = opened(connections, f"10.0.0.{number}")
            connections.answers(connection, lambda: True)
            sockets.append(socket)
        sockets[2].close()
        assert opened(connections, "10.0.1.1")[0] is not None

    def test_a_proxy_may_bring_any_number(self, clock):
        connections = Connections(6, 3, lambda address: address == "10.0.0.1", clock)
        sockets = [opened(connections)[1] for _ in range(6)]
        assert not any(socket.closed for socket in sockets)

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_an_answer_that_is_not_taken_ends_unless_somebody_has_signed_in(
        self, connections, clock, signed_in
    ):
        connection, socket = opened(connections)
        connections.answers(connection, lambda: signed_in)
        clock.now += ANSWER_SECONDS - 1
        connections.sweep()
        assert not socket.closed
        clock.now += 2
        connections.sweep()
        assert socket.closed is not signed_in

    def test_one_that_waits_is_left_to_the_time_for_a_head(self, connections, clock):
        connection, socket = opened(connections)
        connections.answers(connection, lambda: False)
        connections.waits(connection)
        clock.now += ANSWER_SECONDS * 2
        connections.sweep()
        assert not socket.closed


class TestProxies:
    def test_only_those_named_by_address_are_believed(self):
        proxies = Proxies(["127.0.0.1", "10.1.0.0/16", "2001:db8::5"])
        for address in ("127.0.0.1", "10.1.2.3", "2001:db8::5", "::ffff:127.0.0.1"):
            assert address in proxies
        for address in ("127.0.0.2", "10.2.0.1", "2001:db8::6", "", "localhost"):
            assert address not in proxies
        assert proxies.addresses == ["127.0.0.1", "2001:db8::5"]

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1"])
    def test_what_others_claim_is_removed(self, address):
        names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "X-Scheme")
        headers = dict.fromkeys((*names, "Host"), "x")
        Proxies(["127.0.0.1"]).remove_claims(headers, address)
        left = {"X-Forwarded-For", "X-Forwarded-Proto", "Host"} if address == "127.0.0.1" else {"Host"}
        assert set(headers) == left

    @pytest.mark.parametrize("text", ["localhost", "", "proxy.example", "10.0.0.1:80", "*"])
    def test_a_name_is_no_address(self, text):
        with pytest.raises(GuanaiError) as refused:
            Proxies([text])
        assert refused.value.key == "serve.bad_proxy"

    def test_with_ipv6_a_customers_network_counts_as_one(self):
        groups = {address_group(f"2001:db8:1:2::{number:x}") for number in range(1, 50)}
        assert groups == {"2001:db8:1:2::/64"}
        assert address_group("2001:db8:1:3::1") not in groups


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", None),
        ("/child?id=%E5%BC%A0", None),
        ("/%E8%87%AA%E5%B7%B1%E7%9A%84%E9%A1%B5", None),
        ("/%00", 400),
        ("/who%00.ipynb", 400),
        ("/attachment/%00", 400),
        ("/a%0d%0aSet-Cookie:x", 400),
        ("/%ff", 400),
        ("/%c0%ae%c0%ae/", 400),
        ("/print?form=%00", 400),
        ("/print?form=%ff", 400),
        ("/" + "a" * 300, 404),
        ("/attachment/" + "%E5%BC%A0" * 100, 404),
        ("/" + "ab/" * 1000, 404),
        ("/" + "a" * LONGEST_TARGET, 414),
        ("/?" + "a" * LONGEST_TARGET, 414),
    ],
)
def test_an_address_that_nothing_can_have_is_refused(target, status):
    assert target_status(target) == status


def test_a_body_before_sign_in_has_at_most_64_kib():
    assert BODY_LIMIT == 64 * 1024
