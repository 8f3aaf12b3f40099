"""What is kept: records, forms, rules. A notebook opens a school here and needs nothing else of this room."""

from guanai.storage.entrances import create_school, open_school
from guanai.storage.schools import School
from guanai.templates.errors import (
    AccessError,
    ConflictError,
    ExchangeError,
    FormError,
    GuanaiError,
    PolicyError,
    RecordError,
    StorageError,
)

__all__ = [
    "AccessError",
    "ConflictError",
    "ExchangeError",
    "FormError",
    "GuanaiError",
    "PolicyError",
    "RecordError",
    "School",
    "StorageError",
    "create_school",
    "open_school",
]
