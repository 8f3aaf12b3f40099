"""A sample school in which every child has a name and numbers of its own that stand nowhere else, and records marked texts.

What somebody is sent can then be searched for what they may not see, whatever it is shown as.
"""

import hashlib
import io
import re
import zipfile
from base64 import b64decode
from binascii import Error as NotBase64

from support.days import TODAY
from support.plain_rights import RESTRICTED, PlainRights, sheet_rows

#: Records of each register that get a marked text: the first and the last ones.
MARKED = 3
NUMBERS = ("id_number", "phone", "contact_phone", "father_phone", "mother_phone")
BASE64 = re.compile(r"[A-Za-z0-9+/\n]{200,}={0,2}")
TEXTS = {
    "counselling": "process", "guidance": "situation", "talk": "study", "home_visit": "situation", "aid": "what",
}  # fmt: skip


def plant(school):
    """Give every child a name and numbers of its own, and some records of every register a marked text; as the owner."""
    for number, child in enumerate(school.documents("child")):
        answers = {"name": f"TONG{number:03}Q"}
        for place, question in enumerate(NUMBERS):
            answers[question] = (
                f"52242620160{number:03}{place}11X" if place == 0 else f"1{place}7{number:03}95173"
            )
        school.amend("child", child["id"], answers)
    for form in school.forms():
        question = text_question(school.form(form))
        records = school.documents(form)
        if form in ("child", "class", "staff", "pairing") or not question:
            continue
        for number, record in enumerate([*records[:MARKED], *records[MARKED:][-MARKED:]]):
            school.amend(form, record["id"], {question: marked(form, number)})


def marked(form, number):
    """Return a text that stands in one record only."""
    return f"MARK{form.upper().replace('_', '')}{number}Q"


def text_question(form):
    """Return a question of a form that is answered by a text, and by which nothing is found or named."""
    texts = [name for name, kind in form.columns.items() if kind == "text" and name not in ("name", "title")]
    return TEXTS.get(form.name) if TEXTS.get(form.name) in texts else texts[-1] if texts else ""


class Watch:
    """What one person may not be sent, and what may not change when they act, by the plain reading of the sheet."""

    def __init__(self, school, person, staff, roles):
        self.school, self.person, self.staff, self.roles = school, person, staff, roles
        self.rows = sheet_rows({school.form(name).title(): name for name in school.forms()})
        self.read()

    def read(self):
        """Read all records as they are stored, and the files of the folder that say how the school works."""
        self.stored = {name: self.school.documents(name) for name in self.school.forms()}
        self.files = self.digests()

    @property
    def plain(self):
        """The plain reading of what they may do now."""
        return PlainRights(self.rows, self.stored, self.person, self.staff, self.roles, TODAY)

    def digests(self):
        """Return a digest of each file that settings, forms, rules and reports are in."""
        folder = self.school.folder
        paths = [folder.workbook, *(path for place in (folder.forms, folder.rules, folder.reports, folder.notebooks)
                                    if place.exists() for path in sorted(place.rglob("*")) if path.is_file())]  # fmt: skip
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.exists()}

    def secrets(self):
        """Return every planted text that the person may not be sent, with what it is."""
        plain, secrets = self.plain, {}
        for form, records in self.stored.items():
            columns = list(self.school.form(form).columns)
            question = text_question(self.school.form(form))
            for record in records:
                shown = plain.shown(form, record, columns) or {}
                for name in ("name", *NUMBERS) if form == "child" else (question,):
                    value = str(record.get(name) or "")
                    if value and shown.get(name) != value and ("Q" in value or form == "child"):
                        secrets[value] = f"{form}.{name} of {record['id']}"
        return secrets

    def wrongly_changed(self):
        """Return what has been changed since `read` that the person may not change; read anew."""
        plain, before, files = self.plain, self.stored, self.files
        self.read()
        wrong = [path for path in {*files, *self.files} if files.get(path) != self.files.get(path)]
        for form, records in self.stored.items():
            old, new = ({one["id"]: one for one in some} for some in (before[form], records))
            for key in {*old, *new}:
                if old.get(key) == new.get(key):
                    continue
                act = "add" if key not in old else "delete" if key not in new else "change"
                if not plain.may(act, form, old.get(key) or new[key]) or form in RESTRICTED:
                    wrong.append(f"{act} {form} {key}")
                for question in ("homeroom", "class", "role", "teaches", "active"):
                    name = f"{form}.{question}"
                    granting = name in (
                        "class.homeroom",
                        "child.class",
                        "staff.role",
                        "staff.teaches",
                        "staff.active",
                    )
                    if granting and act == "change" and old[key].get(question) != new[key].get(question):
                        wrong += [] if plain.may_answer(name) else [f"{name} of {key}"]
        return wrong


def readable(content):
    """Return all that is in a message or page as one text: files too, whatever they are packed in."""
    text = content if isinstance(content, str) else str(content)
    parts = [text]
    for match in BASE64.findall(text):
        try:
            parts.append(unpacked(b64decode(match)))
        except (NotBase64, ValueError):
            continue
    return "\n".join(parts)


def unpacked(data):
    """Return the text in a file: that of every part of a workbook or a document."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
