"""Pictures and files of records, sent to people who are signed in and to nobody else."""

import mimetypes
from urllib.parse import quote

from tornado import web

from guanai.server.web.handlers import HtmlHandler
from guanai.storage.records.attachments import LARGEST, PICTURES

__all__ = ["MESSAGE_LIMIT", "AttachmentFile"]

#: The longest message of a page in bytes: the largest attachment and the message around it.
MESSAGE_LIMIT = LARGEST + 4 * 1024 * 1024
_SHOWN_TYPES = {f"image/{kind.lower()}" for kind in PICTURES} | {"application/pdf"}
_CHUNK = 256 * 1024


class AttachmentFile(HtmlHandler):
    """One attachment of the school: a picture or a PDF is shown, anything else is saved by the browser."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send the file."""
        account = self.served.account_of(self.current_user.session)
        path = self.served.current.as_identity(account.identity).attachment(name) if account else None
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
