"""A process that renders charts, so that the kernel goes on answering the page meanwhile.

Rendering starts a JavaScript engine (a second, 60 MB) and holds Python's lock while it works. The process ends with
its kernel, or when nothing has been rendered for 20 seconds.
"""

import json
import subprocess
import sys
import threading
from typing import Any

__all__ = ["render_svg"]

IDLE_SECONDS = 20.0
PROGRAM = """
import json, sys
from vl_convert import vegalite_to_svg
for line in sys.stdin.buffer:
    try:
        answer = {"svg": vegalite_to_svg(json.loads(line), allowed_base_urls=[])}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
"""


class _Drawer:
    """One process that renders one picture after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._idle_timer: threading.Timer | None = None

    def draw(self, spec: dict[str, Any]) -> str:
        with self._lock:
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            # The second call starts a new process where the first one found it ended.
            line = self._ask(spec) or self._ask(spec)
            self._idle_timer = threading.Timer(IDLE_SECONDS, self._stop)
            self._idle_timer.daemon = True
            self._idle_timer.start()
        answer = json.loads(line or '{"error": "the process that draws has ended"}')
        if "svg" not in answer:
            raise RuntimeError(answer["error"])
        return str(answer["svg"])

    def _ask(self, spec: dict[str, Any]) -> str:
        process = self._running()
        try:
            print(json.dumps(spec), file=process.stdin, flush=True)
            line = process.stdout.readline() if process.stdout else ""
        except OSError:
            line = ""
        if not line:
            process.kill()
            process.wait()
        return line

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603  # our own Python
                [sys.executable, "-P", "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._process

    def _stop(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
                self._process = None


_drawer = _Drawer()


def render_svg(spec: dict[str, Any]) -> str:
    """Return a Vega-Lite specification as SVG text. Raises RuntimeError when it cannot be drawn."""
    return _drawer.draw(spec)
