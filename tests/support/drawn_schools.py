"""Small schools drawn by hypothesis: people with roles, classes, children, pairings that run or not, and records about them."""

from datetime import timedelta

from hypothesis import strategies as st

from support.days import TODAY
from support.plain_rights import ROLES

CLASSES, CHILDREN, STAFF = ("k0", "k1", "k2"), ("c0", "c1", "c2", "c3", "c4"), ("s0", "s1", "s2", "s3")
GRADES = (3, 3, 4)
#: Who creates records: the people whose rights are asked for, and somebody else.
PEOPLE = ("宋老师", "周老师", "别人")
DAY = TODAY.isoformat()
#: What the roles of a person are drawn from; nobody's role too.
ROLE_SETS = st.lists(st.sampled_from(sorted(ROLES.values())), max_size=2, unique=True).map(tuple)
#: What a form asks for beside whom a record is about.
REST = {
    "talk": {"date": DAY},
    "home_visit": {"date": DAY, "mode": "door", "merits": "爱笑"},
    "loan": {"date": DAY, "titles": "草房子", "books": 1},
    "activity": {"date": DAY, "kind": "festival", "theme": "重阳"},
    "award": {"date": DAY, "kind": "child", "title": "之星"},
    "evaluation": {"date": DAY, "of": "teacher", "period": "上学期", "grade": "good"},
    "meeting": {"date": DAY, "kind": "parents", "problems": "-"},
    "document": {"date": DAY, "name": "制度"},
    "care_group": {"date": DAY},
}


def some(values, **limits):
    """Draw a list of some values."""
    return st.lists(st.sampled_from(values), unique=True, **limits)


def one(values):
    """Draw a value or none."""
    return st.sampled_from((None, *values))


@st.composite
def schools(draw):
    """Draw the registers of a school as lists of dicts; who created a record is its ``created_by``."""
    registers = {
        "class": [
            {"id": name, "name": f"{name}班", "grade": grade, "homeroom": draw(one(STAFF))}
            for name, grade in zip(CLASSES, GRADES, strict=True)
        ],
        "staff": [
            {
                "id": name,
                "name": f"{name}老师",
                "role": "homeroom",
                "phone": f"1380000{number}111",
                "teaches": draw(some([f"{group}班" for group in CLASSES], max_size=2)),
                "active": draw(st.sampled_from(("yes", "yes", "yes", "no"))),
            }
            for number, name in enumerate(STAFF)
        ],
        "child": [
            {
                "id": name,
                "name": f"{name}娃",
                "sex": "male",
                "birth_date": "2016-03-01",
                "class": f"{draw(st.sampled_from(CLASSES))}班",
                "id_number": f"52242620160301{number}11X",
                "village": f"{name}村",
                "contact_phone": f"1390000{number}222",
                "special_groups": ["poor"],
            }
            for number, name in enumerate(CHILDREN)
        ],
        "pairing": [],
    }
    for number in range(draw(st.integers(0, 4))):
        start, end = draw(st.integers(-20, 5)), draw(st.one_of(st.none(), st.integers(-3, 3)))
        begin = TODAY + timedelta(start)
        registers["pairing"].append(
            {
                "id": f"p{number}",
                "child": draw(st.sampled_from(CHILDREN)),
                "role": "helper",
                "helper": draw(st.sampled_from(STAFF)),
                "kind": "one_to_one",
                "start": begin.isoformat(),
                "end": None if end is None else max(begin, TODAY + timedelta(end)).isoformat(),
            }
        )
    for register, rest in REST.items():
        registers[register] = [
            {"id": f"{register}{number}", **about(draw, register), **rest}
            for number in range(draw(st.integers(0, 2)))
        ]
    for records in registers.values():
        for record in records:
            record["created_by"] = draw(st.sampled_from(PEOPLE))
    return registers


def about(draw, register):
    """Draw whom a record is about, and who made it."""
    child, children = st.sampled_from(CHILDREN), some(CHILDREN, max_size=2)
    group, groups = (
        st.sampled_from(CLASSES).map("{}班".format),
        some([f"{name}班" for name in CLASSES], max_size=2),
    )
    person, people = st.sampled_from(STAFF), some(STAFF, max_size=2)
    asked = {
        "talk": {"child": child, "by": person},
        "home_visit": {"child": child, "visitors": people},
        "loan": {"child": child, "by": person},
        "activity": {"children": children, "class": groups, "by": person},
        "award": {"children": some(CHILDREN, min_size=1, max_size=2), "by": person},
        "evaluation": {"staff": person, "by": person},
        "meeting": {"class": groups, "by": person},
        "document": {"by": person},
        "care_group": {"class": group, "members": children, "by": person},
    }[register]
    answers = {name: draw(values) for name, values in asked.items()}
    if register == "care_group":
        answers["members"] = [
            {"name": "组长", "children": answers["members"]},
            {"name": "组员", "children": None},
        ]
    return {name: value for name, value in answers.items() if value}
