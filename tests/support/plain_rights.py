"""A plain reading of the sheet 权限: which records a person may see, add, change, delete, export and count on a day.

The reference that `tests/storage/school/test_rights_of_schools.py` compares a school with: written from the sheet and from
what "whose" means, by loops over dicts, one record after the other. Nothing of `guanai.care.rights` is used.
"""

from pathlib import Path

import guanai.templates

SHEET = Path(guanai.templates.__file__).with_name("rights.md")
ROLES = {
    "校长": "headmaster", "副校长": "deputy", "德育负责人": "coordinator", "班主任": "homeroom", "科任教师": "subject",
    "年级组长": "grade_leader", "生活指导教师": "life", "帮扶教师": "helper", "社会代理家长": "social_carer",
    "心理辅导教师": "counsellor", "学籍档案管理员": "file_officer", "图书管理员": "librarian",
    "亲情电话管理员": "telephone_keeper", "之家管理员": "home_keeper", "后勤": "logistics", "镇县主管": "town",
    "培训教师": "trainer",
}  # fmt: skip
ACTS = {
    "查看": "see", "新增": "add", "修改": "change", "删除": "delete", "导出": "export", "打印": "print", "统计": "count",
}  # fmt: skip
SCOPES = {"": "school", "本人的孩子": "own", "本班": "class", "本年级": "grade", "全校": "school"}
RESTRICTED = ("counselling", "guidance")
#: The questions that the sheet names, by the words that it has for them.
QUESTIONS = {
    "姓名": "name", "性别": "sex", "出生日期": "birth_date", "班级": "class", "身份证号": "id_number", "学籍号": "number",
    "是否寄宿": "boarding", "在册情况": "status", "是否留守儿童": "eligible", "方便联系人": "contact_person",
    "联系人电话": "contact_phone", "父亲姓名": "father_name", "父亲电话": "father_phone", "母亲姓名": "mother_name",
    "母亲电话": "mother_phone", "监护人": "guardians", "村组": "village", "现居住地": "address", "职务": "role",
    "任教班级": "teaches", "在岗": "active", "联系电话": "phone", "班级名称": "name", "年级": "grade",
}  # fmt: skip
#: What names children, classes and staff in the registers that ship, by register.
OF_ONE_CHILD = (
    "aid", "appointment", "call", "counselling", "deferral", "diary", "evaluation", "family_call", "feedback", "growth",
    "guardian_contact", "guidance", "hardship", "health_check", "home_visit", "incident", "individual_plan", "issue", "letter",
    "loan", "new_pupil", "observation", "pairing", "parent_contact", "parent_return", "pledge", "portrait", "progress",
    "registration", "responsibility", "retention", "rights", "self_log", "study_plan", "survey", "talk", "visit_note",
)  # fmt: skip
OF_CHILDREN = ("activity", "award", "carer", "handover", "letter", "opening", "training")
CHILDREN = {name: ["child"] for name in OF_ONE_CHILD} | {name: ["children"] for name in OF_CHILDREN}
CHILDREN |= {"letter": ["child", "children"], "care_group": ["members"], "visit_plan": ["visits"]}
OF_CLASSES = (
    "activity", "care_group", "census", "channel", "handover", "lecture", "lesson", "meeting", "new_pupil", "test", "training",
    "visit_plan", "work_plan",
)  # fmt: skip
CLASSES = {name: ["class"] for name in OF_CLASSES}
#: In every other register it is 记录人 (``by``).
STAFF = {
    "award": ["staff", "by"], "evaluation": ["staff", "by"], "feedback": ["answered_by"], "handover": ["by", "to"],
    "home_visit": ["visitors"], "individual_plan": ["by", "team"], "issue": ["by", "who"], "pairing": ["helper"],
    "registration": ["by", "checked_by", "responsible"], "self_log": [], "study_plan": ["by", "helper"],
    "training": ["by", "checked_by"], "visit_plan": ["by", "team"],
}  # fmt: skip
SYSTEM = ("id", "form", "version", "revision", "created_at", "created_by", "updated_at", "updated_by")


def sheet_rows(titles):
    """Return the rows of the shipped sheet as dicts; ``titles`` are the names of the registers by their titles."""
    rows = []
    for line in SHEET.read_text(encoding="utf-8").partition("## 权限")[2].splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not cells or cells[0] in ("角色", "---"):
            continue
        roles, registers, acts, scope, hidden, masked = cells[:6]
        named = [titles.get(name, name) for name in registers.split("、")]
        totals = scope == "只看合计"
        allowed = list(ACTS.values()) if acts == "全部" else [ACTS[act] for act in acts.split("、")]
        rows.append(
            {
                "roles": [ROLES[role] for role in roles.split("、")],
                "registers": named,
                "acts": ["count"] if totals else allowed,
                "scope": "school" if totals else SCOPES[scope],
                "only": words(hidden[1:-1]) if hidden.startswith("除") else None,
                "hidden": [] if hidden.startswith("除") else words(hidden),
                "masked": words(masked),
            }
        )
    return rows


def words(cell):
    """Return the questions that a cell names."""
    return [QUESTIONS[word] for word in cell.split("、") if word]


class PlainRights:
    """What one person may do with the records of a school on a day; ``registers`` are lists of dicts by name."""

    def __init__(self, rows, registers, person, staff, roles, day):
        self.rows, self.registers = rows, registers
        self.person, self.staff, self.roles, self.day = person, staff, roles, day.isoformat()

    # Which rows of the sheet

    def rows_for(self, act, register):
        """Return the rows that give the person an act on a register."""
        given = []
        for role in self.roles:
            of_role = [row for row in self.rows if role in row["roles"]]
            own_rows = [row for row in of_role if register in row["registers"]]
            others = [row for row in of_role if "其余" in row["registers"]]
            # 其余: every register without a row of its own for this role, never a restricted one.
            rows = own_rows or ([] if register in RESTRICTED else others)
            given += [row for row in rows if act in row["acts"]]
        return given

    def may_answer(self, question):
        """Whether the person may answer a question that gives somebody a reach (``class.homeroom``)."""
        return any(
            question in row["registers"] and "change" in row["acts"] and role in row["roles"]
            for row in self.rows
            for role in self.roles
        )

    # Whose

    def is_active(self):
        """Whether the person works at the school."""
        return any(one["id"] == self.staff and one.get("active") != "no" for one in self.registers["staff"])

    def classes(self, scope):
        """Return the classes of a scope."""
        if scope == "own" or not self.is_active():
            return []
        taught = []
        for one in self.registers["staff"]:
            if one["id"] == self.staff:
                taught = list(one.get("teaches") or [])
        mine = [
            group
            for group in self.registers["class"]
            if group.get("homeroom") == self.staff or group["name"] in taught or group["id"] in taught
        ]
        if scope == "class":
            return mine
        grades = [group["grade"] for group in mine if group.get("grade") is not None]
        return [group for group in self.registers["class"] if group in mine or group.get("grade") in grades]

    def is_own_child(self, child):
        """Whether a pairing of the child with this helper runs on the day."""
        for pairing in self.registers["pairing"]:
            if pairing.get("child") != child or pairing.get("role") != "helper":
                continue
            begun = pairing.get("start") and pairing["start"] <= self.day
            over = pairing.get("end") and pairing["end"] < self.day
            if pairing.get("helper") == self.staff and begun and not over and self.is_active():
                return True
        return False

    def is_class_within(self, name, scope):
        """Whether a class, by its name or its id, is within a scope."""
        return any(name in (group["name"], group["id"]) for group in self.classes(scope))

    def is_child_within(self, child, scope):
        """Whether a child is within a scope: own, or of a class within."""
        if scope == "school" or self.is_own_child(child):
            return True
        for record in self.registers["child"]:
            if record["id"] == child and record.get("class"):
                return self.is_class_within(record["class"], scope)
        return False

    def is_within(self, register, record, scope, *, wholly=False):
        """Whether a record is within a scope; ``wholly``: with every child and class that it names."""
        if scope == "school":
            return True
        every = all if wholly else any
        if register == "child":
            in_class = bool(record.get("class")) and self.is_class_within(record["class"], scope)
            return in_class or self.is_own_child(record.get("id"))
        if children := children_named(register, record):
            return every(self.is_child_within(child, scope) for child in children)
        if register == "class":
            return self.is_class_within(record.get("name"), scope)
        if classes := named(CLASSES, register, record):
            return every(self.is_class_within(name, scope) for name in classes)
        if register == "staff":
            return record.get("id") == self.staff
        if self.staff and self.staff in named({register: STAFF.get(register, ["by"])}, register, record):
            return True
        return bool(self.person) and record.get("created_by") == self.person

    # What follows

    def may(self, act, register, record):
        """Whether an act on one record is allowed: to add or delete it, all that it names must be within reach."""
        wholly = act in ("add", "delete")
        return any(
            self.is_within(register, record, row["scope"], wholly=wholly)
            for row in self.rows_for(act, register)
        )

    def shown(self, register, record, columns, act="see"):
        """Return a record as the person sees it, None where it is outside.

        A question is left out where every row by which this very record is seen hides it, and masked where every one
        that shows it masks it; children outside are left out of those that it names.
        """
        rows = [row for row in self.rows_for(act, register) if self.is_within(register, record, row["scope"])]
        if not rows:
            return None
        shown = {name: record[name] for name in SYSTEM if name in record}
        for name in columns:
            showing = [row for row in rows if shows(row, name)]
            if showing and name in record:
                covered = all(name in row["masked"] for row in showing)
                shown[name] = masked(record[name]) if covered else record[name]
        for name in CHILDREN.get(register, ()):
            if name in shown:
                shown[name] = self.without_outside(shown[name], rows)
        return shown

    def without_outside(self, value, rows):
        """Return the children that a record names, without those of whom the person may know nothing here."""

        def inside(child):
            by_row = any(self.is_child_within(child, row["scope"]) for row in rows)
            dossier = next((one for one in self.registers["child"] if one["id"] == child), None)
            return by_row and dossier is not None and self.may("see", "child", dossier)

        if isinstance(value, list):  # a row of a repeat is left out as a whole
            return [one for one in value if all(map(inside, children_in(one)))]
        return value if value and inside(value) else None

    def seen(self, register, act="see"):
        """Return the ids of the records of a register on which an act is allowed as it is on what is seen."""
        return {
            one["id"]
            for one in self.registers[register]
            if any(self.is_within(register, one, row["scope"]) for row in self.rows_for(act, register))
        }

    def count(self, register):
        """Return how many records the person sees, or may count where they see none; None where they may do neither."""
        for act in ("see", "count"):
            if self.rows_for(act, register):
                return len(self.seen(register, act))
        return None


def shows(row, question):
    """Whether a row of the sheet shows a question."""
    return question not in row["hidden"] and (row["only"] is None or question in row["only"])


def named(names, register, record):
    """Return what some questions of a record name."""
    found = []
    for question in names.get(register, ()):
        value = record.get(question)
        found += value if isinstance(value, list) else [value] if value else []
    return found


def children_named(register, record):
    """Return the children that a record names, also in the rows of a repeat."""
    return [child for one in named(CHILDREN, register, record) for child in children_in(one)]


def children_in(value):
    """Return the children that an answer names: itself, or those in a row of a repeat."""
    if not isinstance(value, dict):
        return [value]
    return [*(value.get("children") or []), *([value["child"]] if value.get("child") else [])]


def masked(value):
    """Return a number with its middle covered: the first three figures (of an identity number four) and the last four."""
    if value in (None, ""):
        return value
    if len(value) < 7:
        return "**"
    first = 4 if len(value) >= 15 else 3
    return value[:first] + "*" * (len(value) - first - 4) + value[-4:]
