"""The pages that ship, copied into a school: those that nobody changed are renewed, changed ones are kept.

``notebooks/.shipped.json`` keeps the hash of each page as it was copied. A page counts as changed when
its cells differ from that; what JupyterLab notes in the file by merely opening it does not count.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

__all__ = ["Renewal", "renew", "shipped_pages"]

MANIFEST = ".shipped.json"


@dataclass(frozen=True)
class Renewal:
    """What became of each shipped page, by file name."""

    added: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


def shipped_pages() -> dict[str, Path]:
    """Return the pages that come with this version, by file name."""
    return {path.name: path for path in sorted(Path(str(files("guanai.notebooks"))).glob("*.ipynb"))}


def renew(folder: Path, pages: Mapping[str, Path] | None = None) -> Renewal:
    """Copy the shipped pages that a school's folder lacks, renew those that nobody changed, keep the rest.

    A page that somebody deleted after it was copied stays deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _read(folder / MANIFEST)
    done: dict[str, list[str]] = {"added": [], "renewed": [], "kept": [], "same": []}
    for name, source in (shipped_pages() if pages is None else pages).items():
        target = folder / name
        fresh, there = content_hash(source), content_hash(target) if target.exists() else None
        became = _becomes(fresh, there, manifest.get(name))
        done[became].append(name)
        if became in {"added", "renewed"}:
            shutil.copyfile(source, target)
        if became != "kept":
            manifest[name] = fresh
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return Renewal(**{became: tuple(names) for became, names in done.items()})


def _becomes(fresh: str, there: str | None, copied: str | None) -> str:
    """Return what is to become of a page, from the hashes shipped now, lying there, and copied then."""
    if there is None:
        return "added" if copied is None else "kept"
    if there == fresh:
        return "same"
    return "renewed" if there == copied else "kept"


def content_hash(path: Path) -> str:
    """Return the hash of what a page says: the kind and source of its cells."""
    content = path.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        said = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells])
    except (ValueError, KeyError, TypeError):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(said.encode()).hexdigest()


def _read(path: Path) -> dict[str, str]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
