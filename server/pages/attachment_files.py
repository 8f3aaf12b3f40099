"""Pictures and files of records, shown to people who are signed in and to nobody else."""

import mimetypes
from urllib.parse import quote

from tornado import web

from guanai.server.web.handlers import HtmlHandler
from guanai.storage.records.attachments import LARGEST, PICTURES, Attachments

__all__ = ["MESSAGE_LIMIT", "AttachmentFile"]

#: What a page may send in one message, in bytes: the largest attachment with what is said around it.
MESSAGE_LIMIT = LARGEST + 4 * 1024 * 1024
_SHOWN = {f"image/{kind.lower()}" for kind in PICTURES} | {"application/pdf"}
_PIECE = 256 * 1024


class AttachmentFile(HtmlHandler):
    """One attachment of the school: a picture or a PDF is shown, anything else is saved by the browser."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send the file."""
        path = Attachments(self.served.school.folder.attachments).path(name)
        if path is None:
            raise web.HTTPError(404)
        kind = mimetypes.guess_type(name)[0] or ""
        shown = kind in _SHOWN
        self.set_header("Content-Type", kind if shown else "application/octet-stream")
        self.set_header(
            "Content-Disposition", f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name)}"
        )
        self.set_header("Content-Length", str(path.stat().st_size))
        self.set_header("Cache-Control", "private, no-cache")
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                self.write(piece)
                await self.flush()

    @property
    def content_security_policy(self) -> str:
        """Nothing in a file that somebody sent may run here."""
        return "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox"
