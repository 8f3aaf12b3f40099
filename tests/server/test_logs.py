"""The school's log: private, of a bounded size while it is written, not filled by one line that comes again and again.

Promise: server/README.md, limits of the log (7.11).
"""

import logging
import os
import sys

import pytest

from guanai.server import logs
from guanai.server.logs import RepeatedLines, log_file, log_to, rotate


class Clock:
    now = 600.0

    def __call__(self):
        return self.now


def line(message, *args, lineno=1, exc_info=None):
    return logging.LogRecord("guanai.server", logging.ERROR, "file.py", lineno, message, args, exc_info)


@pytest.fixture
def logger(tmp_path):
    log_to(tmp_path, "guanai.test_log")
    yield logging.getLogger("guanai.test_log")
    for handler in logging.getLogger("guanai.test_log").handlers:
        handler.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_the_log_is_readable_to_nobody_else(tmp_path, logger):
    before = os.umask(0o022)
    try:
        logger.info("x")
        assert log_file(tmp_path).stat().st_mode & 0o077 == 0
        assert log_file(tmp_path).parent.stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)


def test_a_large_log_is_moved_while_others_hold_it_open(tmp_path, logger, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 1000)
    path = log_file(tmp_path)
    with path.open("ab") as kernel:  # as a kernel's output goes there
        for number in range(40):
            logger.info("line %d %s", number, "x" * 40)
            rotate(tmp_path)
            kernel.write(b"printed\n")
            kernel.flush()
    older = path.with_suffix(".1.log")
    assert path.stat().st_size < 1300
    assert older.stat().st_size < 1300
    text = older.read_text() + path.read_text()
    assert text.endswith("printed\n")
    assert "line 39 " in text
    assert "\0" not in text
    if sys.platform != "win32":
        assert older.stat().st_mode & 0o077 == 0


def test_what_was_written_beyond_the_limit_before_it_was_seen_is_not_kept_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 1000)
    log_file(tmp_path).write_bytes(b"a" * 50_000 + b"end")
    rotate(tmp_path)
    assert log_file(tmp_path).with_suffix(".1.log").read_bytes() == b"a" * 997 + b"end"
    assert log_file(tmp_path).read_bytes() == b""


def test_a_line_that_comes_again_and_again_is_written_a_number_of_times_a_minute():
    clock = Clock()
    repeated = RepeatedLines(clock)
    written = sum(repeated.filter(line("from %s", number)) for number in range(10_000))
    assert written == logs.MOST_SHORT
    assert repeated.filter(line("another", lineno=2))
    clock.now += 60
    after = line("next %s", "day")
    assert repeated.filter(after)
    assert "9800" in after.getMessage()
    assert after.getMessage().endswith("next day")


def test_the_traceback_of_one_fault_is_written_a_few_times_a_minute_its_number_longer():
    repeated = RepeatedLines(Clock())
    records = []
    for number in range(100):
        try:
            int("x")
        except ValueError:
            records.append(line("%s x", number, exc_info=sys.exc_info()))
    assert all(map(repeated.filter, records))
    assert sum(record.exc_info is not None for record in records) == logs.MOST_WHOLE


def test_kinds_without_number_fill_neither_the_log_nor_the_memory():
    repeated = RepeatedLines(Clock())
    written = sum(repeated.filter(line("x", lineno=number)) for number in range(20_000))
    assert written == logs.MOST_KINDS + logs.MOST_SHORT
