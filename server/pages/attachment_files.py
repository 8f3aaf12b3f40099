"""Pictures and files of records, sent to whoever may see a record that names them and to nobody else."""

import asyncio
import logging
import mimetypes
from urllib.parse import quote

from tornado import ioloop, web

from guanai.care.errors import GuanaiError
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.web.handlers import HtmlHandler
from guanai.storage.records.attachments import LARGEST, PICTURES

__all__ = ["MESSAGE_LIMIT", "AttachmentFile", "AttachmentSweep"]

log = logging.getLogger("guanai.server")

#: The longest message of a page in bytes: the largest attachment and the message around it.
MESSAGE_LIMIT = LARGEST + 4 * 1024 * 1024
_SHOWN_TYPES = {f"image/{kind.lower()}" for kind in PICTURES} | {"application/pdf"}
_CHUNK = 256 * 1024
# Seconds after the start, and then between two times that attachments which nothing names are looked for.
_FIRST_SWEEP, _NEXT_SWEEP = 600, 24 * 60 * 60


class AttachmentFile(HtmlHandler):
    """One attachment of the school: a picture or a PDF is shown, anything else is saved by the browser."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send the file."""
        account = self.served.account_of(self.current_user.session)
        path = self.served.seen_by(account).attachment(name) if account else None
        if path is None:
            raise web.HTTPError(404)
        kind = mimetypes.guess_type(name)[0] or ""
        is_shown = kind in _SHOWN_TYPES
        self.set_header("Content-Type", kind if is_shown else "application/octet-stream")
        self.set_header(
            "Content-Disposition", f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(name)}"
        )
        self.set_header("Content-Length", str(path.stat().st_size))
        self.set_header("Cache-Control", "private, no-cache")
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                self.write(chunk)
                await self.flush()

    @property
    def content_security_policy(self) -> str:
        """Nothing in a file that somebody sent may run here."""
        return "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox"


class AttachmentSweep:
    """Removes once a day the attachments that nothing names: of forms that were never saved, and whose draft is gone."""

    def __init__(self, served: ServedSchool) -> None:
        self._served = served

    def start(self) -> None:
        """Begin some minutes after the server has."""
        ioloop.IOLoop.current().call_later(_FIRST_SWEEP, self._sweep_daily)

    async def _sweep_daily(self) -> None:
        ioloop.IOLoop.current().call_later(_NEXT_SWEEP, self._sweep_daily)
        work = self._served.current.remove_unused_attachments
        try:
            removed = await asyncio.get_running_loop().run_in_executor(None, work)
        except (GuanaiError, OSError) as error:
            log.warning("Attachments that nothing names were not looked for: %s", error)
            return
        if removed:
            log.info("Removed %d attachments that nothing named.", len(removed))
