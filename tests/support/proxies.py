"""A proxy as it stands before a server in a school: HTTPS with a certificate of its own making, one path of the host."""

import ssl
import subprocess
import threading
from asyncio import create_task, new_event_loop, set_event_loop
from contextlib import contextmanager

from tornado import httpclient, httpserver, netutil, web, websocket

__all__ = ["proxied"]

PASSED_ON = ("Accept", "Accept-Encoding", "Content-Type", "Cookie", "Host", "Origin", "Referer")
DROPPED = {"connection", "content-length", "transfer-encoding", "keep-alive"}
COMMAND = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"


class Passing(web.RequestHandler):
    """Passes a request on, and what comes back as it comes."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST")

    async def _pass_on(self, _path=""):
        headers = {name: value for name, value in self.request.headers.items() if name in PASSED_ON}
        headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.request.remote_ip}
        behind = self.settings["behind"]

        def copy_header(line):
            name, _, value = line.strip().partition(":")
            if line.startswith("HTTP/"):
                self.set_status(int(line.split()[1]))
            elif value and name.lower() not in DROPPED:
                (self.add_header if name.lower() == "set-cookie" else self.set_header)(name, value.strip())

        def copy_data(data):
            self.write(data)
            self.flush()

        await httpclient.AsyncHTTPClient().fetch(
            f"{behind}{self.request.uri}",
            method=self.request.method,
            headers=headers,
            body=self.request.body if self.request.method == "POST" else None,
            follow_redirects=False,
            raise_error=False,
            decompress_response=False,
            header_callback=copy_header,
            streaming_callback=copy_data,
            request_timeout=120,
        )

    get = head = post = _pass_on


class PassingSocket(websocket.WebSocketHandler):
    """Passes the messages of a websocket on, both ways."""

    server_websocket = None

    def check_origin(self, origin):
        return True

    def select_subprotocol(self, offered):
        return offered[0] if offered else None

    async def open(self, _path=""):
        headers = {name: value for name, value in self.request.headers.items() if name in PASSED_ON}
        address = self.settings["behind"].replace("http", "ws", 1) + self.request.uri
        self.server_websocket = await websocket.websocket_connect(
            httpclient.HTTPRequest(address, headers=headers), subprotocols=[self.selected_subprotocol]
        )
        self.copying = create_task(self._copy_to_browser())

    async def _copy_to_browser(self):
        while (message := await self.server_websocket.read_message()) is not None:
            await self.write_message(message, binary=isinstance(message, bytes))
        self.close()

    async def on_message(self, message):
        await self.server_websocket.write_message(message, binary=isinstance(message, bytes))

    def on_close(self):
        if self.server_websocket is not None:
            self.server_websocket.close()


@contextmanager
def proxied(behind, folder):
    """Stand before a server; yield the address by which browsers reach it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [*COMMAND.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    sockets = netutil.bind_sockets(0, "127.0.0.1")
    ready, loops = threading.Event(), []

    def run():
        loop = new_event_loop()
        set_event_loop(loop)
        loops.append(loop)
        routes = [(r"/(.*/channels)", PassingSocket), (r"/(.*)", Passing)]
        server = httpserver.HTTPServer(web.Application(routes, behind=behind), ssl_options=context)
        server.add_sockets(sockets)
        loop.call_soon(ready.set)
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield f"https://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        loops[0].call_soon_threadsafe(loops[0].stop)
        thread.join(10)
