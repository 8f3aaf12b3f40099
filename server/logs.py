"""The log file of a school: what went wrong, under the reference number that the person saw.

The server and every page's kernel append to the same file, ``logs/guanai.log`` in the school's folder.
"""

import logging
import os
import secrets
from pathlib import Path

__all__ = ["LOG_NAME", "log_fault", "log_file", "log_to", "rotate"]

LOG_NAME = "guanai.log"
MAX_BYTES = 5_000_000
LAYOUT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"

log = logging.getLogger("guanai.server")


def log_file(folder: Path) -> Path:
    """Return the school's log file; its folder is made if it is missing."""
    path = folder / "logs" / LOG_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def log_to(folder: Path, *loggers: str, level: int = logging.INFO) -> Path:
    """Let these loggers (``guanai`` without any) write to the school's log file, and return it."""
    path = log_file(folder)
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(LAYOUT))
    for name in loggers or ("guanai",):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
    return path


def rotate(folder: Path) -> None:
    """Rename a large log, which replaces the one renamed before. Called when a server starts."""
    path = log_file(folder)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        os.replace(path, path.with_suffix(".1.log"))


def log_fault(error: BaseException, where: str) -> str:
    """Log an unexpected error with its traceback and return the reference number to show."""
    reference = secrets.token_hex(3).upper()
    log.error("%s %s", reference, where, exc_info=(type(error), error, error.__traceback__))
    return reference
