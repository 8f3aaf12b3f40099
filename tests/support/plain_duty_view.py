"""Which lines and children of a school one person gets, as plain loops over records, pairings and the rows of the sheet 权限.

Written from what the sheet says it means, not from `guanai.storage.school.line_scope`; nothing of that is used here.
"""

RESTRICTED = ("counselling", "guidance")
CHILD_KINDS = ("child", "guardian", "parent")
STAFF_KINDS = ("helper", "teacher", "staff")
NAMED = {"child": ("name", "class", "eligible"), "class": ("name",), "staff": ("name",)}


class PlainView:
    """One person in a school: ``rows`` are those of the sheet, ``today`` is a day as text."""

    def __init__(self, school, rows, roles, staff_id, today):
        self.rows = [row for row in rows if set(row.roles) & set(roles)]
        self.roles, self.staff_id = roles, staff_id
        self.children = school.frame("child").to_dict("records")
        self.classes = school.frame("class").to_dict("records")
        self.duties = {duty.name: duty for duty in school.policy.duties}
        self.columns = {name: school.form(name).columns for name in school.forms()}
        self.own = {
            pair["child"]
            for pair in school.frame("pairing").to_dict("records")
            if pair["role"] == "helper" and pair["helper"] == staff_id and staff_id
            and str(pair["start"])[:10] <= today
            and (str(pair["end"]) in ("NaT", "None") or str(pair["end"])[:10] >= today)
        }  # fmt: skip
        self.class_names = {one["name"] for one in self.classes if staff_id and one["homeroom"] == staff_id}
        grades = {one["grade"] for one in self.classes if one["name"] in self.class_names}
        self.grade_names = {one["name"] for one in self.classes if one["grade"] in grades}

        #: Whether a line is shown or counts, by what decides it: a term has many lines of one duty and child.
        self.decided = {}

    def reaches(self, scope, kind, subject):
        """Whether a subject is within a scope: "own children, own class, own grade, school"."""
        if scope == "school":
            return True
        names = {"own": set(), "class": self.class_names, "grade": self.grade_names}[scope]
        if kind in CHILD_KINDS:
            of_classes = {one["id"] for one in self.children if one["class"] in names}
            return subject in self.own | of_classes
        if kind == "class":
            return subject in {one["id"] for one in self.classes if one["name"] in names}
        return kind in STAFF_KINDS and bool(subject) and subject == self.staff_id

    def grants(self, act, register):
        """Return the rows that give an act on a register: those that name it, and 其余 of roles without such a row."""
        if (act, register) not in self.decided:
            self.decided[act, register] = list(self._grants(act, register))
        return self.decided[act, register]

    def _grants(self, act, register):
        register = "child" if register == "change" else register
        for row in self.rows:
            if act not in row.acts:
                continue
            if register in row.registers:
                yield row
            elif "*" in row.registers and register not in RESTRICTED:
                roles = set(row.roles) & set(self.roles)
                own_rows = {role for one in self.rows if register in one.registers for role in one.roles}
                if roles - own_rows:
                    yield row

    def may(self, act, register, kind, subject, questions=()):
        """Whether an act on a register's records about a subject is allowed, with some questions not hidden."""
        asked = [name for name in questions if name in self.columns.get(register, ())]
        return any(
            self.reaches(row.scope, kind, subject)
            and not any(
                name in row.hidden or (row.only is not None and name not in row.only) for name in asked
            )
            and not ("name" in asked and "name" in row.masked)
            for row in self.grants(act, register)
        )

    def registers(self, duty):
        """Return the registers of a duty, restricted ones only where there are no others."""
        named = {*duty.records, *([duty.trigger.record] if duty.trigger else [])}
        if not named and duty.kind in ("helper", "quota"):
            named = {"pairing"}
        everybody = {one for one in duty.records if one not in RESTRICTED}
        return named - set(RESTRICTED) if everybody and not self.is_restricted(duty) else named

    @staticmethod
    def is_restricted(duty):
        """Whether a duty is about restricted registers."""
        trigger = bool(duty.trigger) and duty.trigger.record in RESTRICTED
        return trigger or (bool(duty.records) and set(duty.records) <= set(RESTRICTED))

    def questions(self, duty, register):
        """Return the questions of a register that a duty turns on."""
        subject = "child" if duty.subject in CHILD_KINDS else "class" if duty.subject == "class" else "staff"
        found = set()
        if register == subject:
            found |= {clause.field for clause in duty.subject_condition}
        if register in duty.records:
            found |= {one.field for one in duty.condition if one.register in ("", register)}
        if duty.trigger and register == duty.trigger.record:
            found |= {duty.trigger.moment}
            found |= {one.field for one in (*duty.trigger_condition, *duty.state)}
        about = subject if duty.kind == "complete" else duty.trigger.record if duty.trigger else ""
        if duty.kind != "share" and (register == about or (not about and register in duty.records)):
            fields = [part for field in (*duty.content, duty.summed) for part in field.split("/")]
            found |= {part.split(".")[0] for part in fields if part}
        return found

    def sees(self, line):
        """Whether a line is shown to the person."""
        key = ("see", line["duty"], line["kind"], line["subject_id"], self.staff_id in line["who_ids"])
        if key not in self.decided:
            self.decided[key] = self._sees(line)
        return self.decided[key]

    def _sees(self, line):
        duty, kind, subject = self.duties[line["duty"]], line["kind"], line["subject_id"]
        own_register = "child" if kind in CHILD_KINDS else "class" if kind == "class" else "staff"
        asked = self.registers(duty) | ({own_register} if kind != "school" else set())
        named = {
            one: (*self.questions(duty, one), *(NAMED.get(one, ()) if one == own_register else ()))
            for one in asked
        }
        acts = ("see", "count") if duty.kind == "share" else ("see",)
        if asked and all(self.may(act, one, kind, subject, named[one]) for one in asked for act in acts):
            return True
        if duty.kind == "share" or not self.staff_id or self.staff_id not in line["who_ids"]:
            return False
        if kind in CHILD_KINDS and not self.may("see", "child", kind, subject, ("name", "class")):
            return False
        return all(
            any(self.grants("see", one)) or (one not in RESTRICTED and any(self.grants("add", one)))
            for one in self.registers(duty)
        )

    def counts(self, line):
        """Whether a line counts for the person."""
        key = ("count", line["duty"], line["kind"], line["subject_id"])
        if key not in self.decided:
            self.decided[key] = self._counts(line)
        return self.decided[key]

    def _counts(self, line):
        duty, kind = self.duties[line["duty"]], line["kind"]
        own_register = "child" if kind in CHILD_KINDS else "class" if kind == "class" else "staff"
        asked = self.registers(duty) | ({own_register} if kind != "school" else set())
        return bool(asked) and all(self.may("count", one, kind, line["subject_id"]) for one in asked)
