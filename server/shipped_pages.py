"""The pages that ship, copied into a school: those that nobody changed are renewed, changed ones are kept.

``notebooks/.shipped.json`` keeps the hash of each page as it was copied. A page counts as changed when
its cells differ from that; what JupyterLab writes into a file that is only opened does not count.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

__all__ = ["renew", "shipped_pages"]

MANIFEST = ".shipped.json"


def shipped_pages() -> dict[str, Path]:
    """Return the pages that come with this version, by file name."""
    return {path.name: path for path in sorted(Path(str(files("guanai.notebooks"))).glob("*.ipynb"))}


def renew(folder: Path, pages: Mapping[str, Path] | None = None) -> dict[str, list[str]]:
    """Copy the shipped pages that a school's folder lacks, renew those that nobody changed, keep the rest.

    A page that somebody deleted after it was copied stays deleted. Returns the file names by what was done with them:
    added, renewed, kept, same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _read(folder / MANIFEST)
    done: dict[str, list[str]] = {"added": [], "renewed": [], "kept": [], "same": []}
    for name, source in (shipped_pages() if pages is None else pages).items():
        target = folder / name
        shipped, installed = content_hash(source), content_hash(target) if target.exists() else None
        outcome = _outcome(shipped, installed, manifest.get(name))
        done[outcome].append(name)
        if outcome in {"added", "renewed"}:
            shutil.copyfile(source, target)
        if outcome != "kept":
            manifest[name] = shipped
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return done


def _outcome(shipped: str, installed: str | None, copied: str | None) -> str:
    """Return what to do with a page, from its hash as shipped now, as in the folder, and as it was copied."""
    if installed is None:
        return "added" if copied is None else "kept"
    if installed == shipped:
        return "same"
    return "renewed" if installed == copied else "kept"


def content_hash(path: Path) -> str:
    """Return the hash of a page's content: the kind and source of its cells."""
    content = path.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        content_text = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells])
    except (ValueError, KeyError, TypeError):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(content_text.encode()).hexdigest()


def _read(path: Path) -> dict[str, str]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
