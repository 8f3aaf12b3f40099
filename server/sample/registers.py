"""Every register of a sample school beyond visits, talks, calls and pairings: each has some records."""

from typing import Any

from guanai.server.sample.activities import activities
from guanai.server.sample.days import Window
from guanai.server.sample.entries import Entries
from guanai.server.sample.health import health
from guanai.server.sample.management import management
from guanai.server.sample.papers import contacts
from guanai.server.sample.people import People
from guanai.server.sample.plans import files

__all__ = ["registers"]

Record = dict[str, Any]


def registers(people: People, window: Window, seed: int) -> dict[str, list[Record]]:
    """Return the records of every register beyond visits, talks, calls and pairings, by form; each has some."""
    book = Entries(people, window, seed)
    contacts(book)
    files(book)
    health(book)
    activities(book)
    management(book)
    for records in book.records.values():
        records.sort(key=lambda record: (record["date"], record["id"]))
    return book.records
