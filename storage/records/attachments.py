"""Pictures and files that belong to records: saved in the school's folder, pictures made small, names made safe.

A record holds the name only. The name contains a part of the hash of its content, so that two files never share one and the same
file saved twice is there once.
"""

import hashlib
import re
import unicodedata
from io import BytesIO
from pathlib import Path

from guanai.care.errors import GuanaiError
from guanai.storage.files.file_access import atomic_write

__all__ = ["LARGEST", "PICTURES", "Attachments", "safe_name"]

#: The greatest file that a page sends, in bytes; the server's websocket takes this much and some more.
LARGEST = 20 * 1024 * 1024
#: Kinds of picture that every browser shows, with the ending that each is saved under.
PICTURES = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}

_LONGER_SIDE = 1600  # pixels, unless the form says otherwise with max-pixels
_THUMBNAIL = 240
_MOST_PIXELS = 80_000_000  # a picture of more is a mistake or a trap
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_STEM = 60
_MARK = 10  # characters of the content's hash


def safe_name(name: str) -> str:
    r"""Return a file's name without folders, control signs, spaces and what a file system does not allow.

    >>> safe_name("C:\\photos\\..\\My family.JPG"), safe_name("../../etc/passwd"), safe_name("家访 照片（1）.png")
    ('My_family.jpg', 'passwd', '家访_照片_1.png')
    """
    plain = unicodedata.normalize("NFKC", name).replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = plain.rpartition(".")
    stem, ending = (stem, ending) if dot and stem else (plain, "")
    stem = _UNSAFE.sub("_", stem).strip("._-")[:_LONGEST_STEM].strip("._-") or "file"
    ending = _UNSAFE.sub("", ending).lower()[:8]
    return f"{stem}.{ending}" if ending else stem


class Attachments:
    """The folder of a school's attachments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, name: str, content: bytes) -> str:
        """Save a file and return the name that a record holds for it. Raises GuanaiError when it cannot be saved."""
        if not content:
            raise GuanaiError("attachment.empty", name=name)
        if len(content) > LARGEST:
            raise GuanaiError(
                "attachment.too_large", name=name, size=_megabytes(len(content)), most=_megabytes(LARGEST)
            )
        safe = safe_name(name)
        stem, dot, ending = safe.rpartition(".")
        mark = hashlib.sha256(content).hexdigest()[:_MARK]
        marked = f"{stem}-{mark}.{ending}" if dot else f"{safe}-{mark}"
        self._write(marked, content)
        return marked

    def save_picture(self, name: str, content: bytes, longer_side: int = _LONGER_SIDE) -> str:
        """Save a picture, upright and no larger than ``longer_side``, without what the camera wrote into it (place, time).

        Raises GuanaiError for what is no picture that can be read.
        """
        if len(content) > LARGEST:
            raise GuanaiError(
                "attachment.too_large", name=name, size=_megabytes(len(content)), most=_megabytes(LARGEST)
            )
        small, ending = _shrunk(name, content, longer_side)
        return self.save(Path(safe_name(name)).stem + ending, small)

    def path(self, name: str) -> Path | None:
        """Return the path of an attachment, None when there is none of that name."""
        path = self.folder / name
        inside = name == Path(name).name and not name.startswith(".")
        return path if inside and path.is_file() and not path.is_symlink() else None

    def thumbnail(self, name: str) -> bytes | None:
        """Return a small JPEG or PNG of a picture; None for what is no picture or not there."""
        path = self.path(name)
        if path is None:
            return None
        try:
            return _shrunk(name, path.read_bytes(), _THUMBNAIL)[0]
        except (GuanaiError, OSError):
            return None

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        if path.exists():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as part:
                part.write_bytes(content)
        except OSError as error:
            raise GuanaiError("attachment.unwritable", name=name, reason=error.strerror or "") from error


def _shrunk(name: str, content: bytes, longer_side: int) -> tuple[bytes, str]:
    """Return a picture and its ending: unchanged when it is small and has no other data in it, else written again."""
    from PIL import Image, ImageOps  # takes a while to load, and only pictures need it

    try:
        with Image.open(BytesIO(content), formats=tuple(PICTURES)) as picture:
            _check_pixels(name, picture.width * picture.height)
            kind = picture.format or ""
            bare = not picture.getexif() and "exif" not in picture.info
            if bare and max(picture.size) <= longer_side:
                picture.load()
                return content, PICTURES[kind]
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((longer_side, longer_side))
            see_through = upright.has_transparency_data
            written = BytesIO()
            if see_through:
                upright.convert("RGBA").save(written, "PNG", optimize=True)
            else:
                upright.convert("RGB").save(written, "JPEG", quality=85, optimize=True)
            return written.getvalue(), ".png" if see_through else ".jpg"
    except GuanaiError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for a file that is damaged or none at all
        raise GuanaiError("attachment.no_picture", name=name) from error


def _check_pixels(name: str, pixels: int) -> None:
    if pixels > _MOST_PIXELS:
        raise GuanaiError("attachment.too_many_pixels", name=name)


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0") + " MB"
