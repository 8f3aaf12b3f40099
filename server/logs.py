"""The log file of a school: what went wrong, under the reference number that the person saw.

The server and every page's kernel append to the same file, ``logs/guanai.log`` in the school's folder. It holds at most
`MAX_BYTES` and the file before it as much again; a line that comes again and again is written a number of times a minute.
"""

import logging
import os
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["LOG_NAME", "MAX_BYTES", "RepeatedLines", "log_fault", "log_file", "log_to", "rotate"]

LOG_NAME = "guanai.log"
MAX_BYTES = 5_000_000
LAYOUT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
# Of one kind of line so many are written a minute with their traceback, and so many more without it.
MOST_WHOLE, MOST_SHORT = 20, 200
# More kinds than these in a minute count as one.
MOST_KINDS = 500

log = logging.getLogger("guanai.server")


def log_file(folder: Path) -> Path:
    """Return the school's log file; its folder is made if it is missing."""
    path = folder / "logs" / LOG_NAME
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class RepeatedLines(logging.Filter):
    """Lets through so many lines of one kind a minute: from the same place of the program, about the same fault."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._minute = 0
        self._counts: Counter[Any] = Counter()
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written, after a minute with a remark how many were not."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
            if self._left_out:
                record.msg = f"({self._left_out} lines like others were not written.) {record.getMessage()}"
                record.args = None
                self._left_out = 0
        kind = _kind(record)
        if kind not in self._counts and len(self._counts) >= MOST_KINDS:
            kind = "others"
        self._counts[kind] += 1
        if self._counts[kind] > MOST_WHOLE:
            record.exc_info = record.exc_text = record.stack_info = None
        if self._counts[kind] <= MOST_SHORT:
            return True
        self._left_out += 1
        return False


def _kind(record: logging.LogRecord) -> Any:
    error, _, trace = record.exc_info or (None, None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ()
    return record.name, record.pathname, record.lineno, error, place


class _SchoolLog(logging.FileHandler):
    """Appends to the log, which is readable to whoever serves the school only."""

    def _open(self) -> Any:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return open(descriptor, "a", encoding=self.encoding)


def log_to(folder: Path, *loggers: str, level: int = logging.INFO) -> Path:
    """Let these loggers (``guanai`` without any) write to the school's log file, and return it."""
    path = log_file(folder)
    handler = _SchoolLog(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(LAYOUT))
    handler.addFilter(RepeatedLines())
    for name in loggers or ("guanai",):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
    return path


def rotate(folder: Path) -> None:
    """Move what is in a large log to the file that holds what was moved before. The server does this every few seconds.

    The log is emptied, not renamed: other processes hold it open, and what kernels write outside of their pages goes there
    too. Every one of them appends, so each goes on where the emptied file ends.
    """
    path = log_file(folder)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if size <= MAX_BYTES:
        return
    older = os.open(path.with_suffix(".1.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with path.open("rb+") as file, open(older, "wb") as copy:
        file.seek(size - MAX_BYTES)
        shutil.copyfileobj(file, copy)
        file.truncate(0)


def log_fault(error: BaseException, where: str) -> str:
    """Log an unexpected error with its traceback and return the reference number to show."""
    reference = secrets.token_hex(3).upper()
    log.error("%s %s", reference, where, exc_info=(type(error), error, error.__traceback__))
    return reference
