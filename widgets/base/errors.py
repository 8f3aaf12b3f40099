"""What the screen shows of an error: its message if a person may read it, otherwise a number for the log."""

import logging
from html import escape
from uuid import uuid4

from guanai.care.errors import GuanaiError
from guanai.templates.wording import say

__all__ = ["error_html", "message_of"]

log = logging.getLogger(__name__)


def message_of(error: Exception, language: str | None = None) -> str:
    """Return what to tell a person; an error not made for people goes to the log under a reference number."""
    if isinstance(error, GuanaiError):
        return error.message(language)
    reference = uuid4().hex[:6].upper()
    log.error("reference %s", reference, exc_info=error)
    return say("error.unexpected", language, reference=reference)


def error_html(error: Exception, language: str | None = None) -> str:
    """Return the error as HTML, escaped."""
    return f'<div class="guanai-notice guanai-bad" role="alert">{escape(message_of(error, language))}</div>'
