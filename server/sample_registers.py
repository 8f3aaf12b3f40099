"""Every register of a sample school beyond visits, talks, calls and pairings: each has some records."""

from typing import Any

from guanai.server.sample_activities import activities
from guanai.server.sample_contacts import contacts
from guanai.server.sample_days import Window
from guanai.server.sample_entries import Entries
from guanai.server.sample_files import files
from guanai.server.sample_health import health
from guanai.server.sample_management import management
from guanai.server.sample_people import People

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
