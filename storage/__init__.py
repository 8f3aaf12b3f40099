"""What is kept: records, forms, rules. A notebook opens a school here and needs nothing else of this room."""

from guanai.care.errors import (
    AccessError,
    ConflictError,
    ExchangeError,
    FormError,
    GuanaiError,
    PolicyError,
    RecordError,
    StorageError,
)
from guanai.storage.school.open_school import create_school, open_school
from guanai.storage.school.school import School

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
