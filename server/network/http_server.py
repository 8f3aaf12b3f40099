"""The server's own HTTP server: limits of connections and bodies, proxies that are believed, addresses that are refused.

Beyond what Tornado documents, this relies on `HTTPServer` calling ``start_request`` when it begins to wait for a
request, and ``on_close`` when a connection is closed or has become a websocket.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tornado import httputil, web
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.iostream import IOStream

from guanai.server.network.connections import HEAD_SECONDS, Connection, Connections
from guanai.server.network.proxies import Proxies
from guanai.server.network.request_targets import target_status

__all__ = ["BODY_LIMIT", "BODY_SECONDS", "LimitedServer", "Requests"]

#: The longest body of a request in bytes, but for the routes that say otherwise to whoever has signed in.
BODY_LIMIT = 64 * 1024
#: Seconds in which a body has to come.
BODY_SECONDS = 60.0
_SWEEP_MS = 5000


@dataclass(frozen=True)
class Requests:
    """What a server must know to judge a request before it is answered.

    ``refusal`` is the handler that says no, made with ``status``. ``body_limits`` holds the routes whose bodies may be
    longer than `BODY_LIMIT` (pattern of the path, bytes), for requests of which ``is_signed_in`` is true.
    """

    application: web.Application
    refusal: type[web.RequestHandler]
    is_signed_in: Callable[[httputil.HTTPServerRequest], bool]
    body_limits: Sequence[tuple[re.Pattern[str], int]] = ()

    def body_limit(self, request: httputil.HTTPServerRequest) -> int:
        """Return how many bytes the body of a request may have."""
        longer = [limit for pattern, limit in self.body_limits if pattern.fullmatch(request.path)]
        return max(longer) if longer and self.is_signed_in(request) else BODY_LIMIT

    def status(self, request: httputil.HTTPServerRequest, limit: int) -> int | None:
        """Return the status by which a request is refused, None where it is answered."""
        length = request.headers.get("Content-Length", "0")
        if length.isdecimal() and int(length) > limit:
            return 413
        return target_status(request.uri or "")


class LimitedServer(HTTPServer):
    """Serves requests within limits; see the modules of this sub-room for each of them."""

    def initialize(  # type: ignore[override]  # its arguments are those of this class
        self, requests: Requests, connections: Connections, proxies: Proxies, **options: Any
    ) -> None:
        """Set up the server; ``options`` are those of `HTTPServer`."""
        super().initialize(
            requests.application,
            xheaders=True,  # of what `Proxies` lets through
            trusted_downstream=proxies.addresses,
            idle_connection_timeout=HEAD_SECONDS,
            body_timeout=BODY_SECONDS,
            **options,
        )
        self.requests = requests
        self.connections = connections
        self.proxies = proxies
        self._by_stream: dict[IOStream, Connection] = {}
        self._sweeper = PeriodicCallback(connections.sweep, _SWEEP_MS)

    def start_sweeping(self) -> None:
        """Look every few seconds for connections that take too long."""
        self._sweeper.start()

    def stop(self) -> None:
        """Accept no more connections."""
        self._sweeper.stop()
        super().stop()

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Serve a new connection, or close it where there is no room."""
        source = str(address[0]) if isinstance(address, tuple) else ""
        connection = self.connections.open(source, stream.close, stream.closed)
        if connection is None:
            stream.close()
            return
        self._by_stream[stream] = connection
        super().handle_stream(stream, address)

    def start_request(self, server_conn: object, request_conn: Any) -> httputil.HTTPMessageDelegate:
        """Return what receives the next request of a connection."""
        connection = self._by_stream.get(request_conn.stream)
        if connection is not None:
            self.connections.waits(connection)
        return _Judged(self, super().start_request(server_conn, request_conn), request_conn, connection)

    def on_close(self, server_conn: Any) -> None:
        """Forget a connection; one that has become a websocket stays counted until it is closed."""
        super().on_close(server_conn)
        connection = self._by_stream.pop(server_conn.stream, None)
        if connection is not None and connection.is_closed():
            self.connections.forget(connection)


class _Judged(httputil.HTTPMessageDelegate):
    """Receives a request, and hands it on to what answers or refuses it."""

    def __init__(
        self,
        server: LimitedServer,
        delegate: httputil.HTTPMessageDelegate,
        request_conn: Any,
        connection: Connection | None,
    ) -> None:
        self._server = server
        self._delegate = delegate
        self._request_conn = request_conn
        self._connection = connection

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        """Judge a request by its head."""
        server, requests = self._server, self._server.requests
        server.proxies.remove_claims(headers, self._request_conn.context.remote_ip)
        request = httputil.HTTPServerRequest(
            connection=self._request_conn,
            start_line=cast("httputil.RequestStartLine", start_line),
            headers=headers,
        )
        if self._connection is not None:
            server.connections.answers(self._connection, lambda: requests.is_signed_in(request))
        limit = requests.body_limit(request)
        self._request_conn.set_max_body_size(limit)
        status = requests.status(request, limit)
        if status is not None:
            refusal = requests.refusal
            self._delegate = requests.application.get_handler_delegate(request, refusal, {"status": status})
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Hand on a part of the body."""
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        """Hand on that the request is whole."""
        self._delegate.finish()

    def on_connection_close(self) -> None:
        """Hand on that the connection was closed."""
        self._delegate.on_connection_close()
