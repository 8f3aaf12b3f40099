"""A sample school's visits on paper, its letters, calls of the children, meetings and issues."""

from datetime import timedelta
from typing import Any

from guanai.server.sample.entries import Entries

__all__ = ["contacts"]

Record = dict[str, Any]


def contacts(book: Entries) -> None:
    """Write what keeps children, families and school in touch; some of it is missing or late, as it is."""
    _family_calls(book)
    _letters(book)
    _guardians(book)
    _meetings(book)
    _visit_papers(book)
    _issues(book)


def _family_calls(book: Entries) -> None:
    """Each child about weekly (002-1 L51), some weeks left out."""
    dice = book.start("family_call")
    means = {"phone": 0.5, "video": 0.3, "office": 0.1, "video_room": 0.1}
    for child in book.children:
        care = 0.96 if dice.often(0.85) else 0.7
        for week in book.window.weeks():
            day = dice.choice(week)
            if dice.often(care) and book.there(day, [child]):
                book.add(
                    "family_call", day, child=child["id"], by=book.people.homeroom(child),
                    parent=dice.weighted({"mother": 0.5, "father": 0.35, "both": 0.15}),
                    means=dice.weighted(means), minutes=dice.randint(4, 25),
                    note=book.says("family_call.note") if dice.often(0.1) else None,
                )  # fmt: skip


def _letters(book: Entries) -> None:
    dice = book.start("letter")
    opening = book.day(0.05)
    everybody = [child["id"] for child in book.there(opening)]
    book.add(
        "letter", opening, direction="school_to_parent", children=everybody, by=book.staff("coordinator"),
        title="致家长的一封信", handed="child", content=book.says("letter.school"),
    )  # fmt: skip
    for child in book.some(book.day(0.4), 8):
        day = book.around(0.5)
        replied = dice.often(0.5)
        book.add(
            "letter", day, child=child["id"], direction="child_to_parent", by=book.people.homeroom(child),
            topic=dice.choice(["longing", "joy", "progress", "thanks"]), handed="post",
            content=book.says("letter.child"), replied_on=book.later(day, 9).isoformat() if replied else None,
        )  # fmt: skip
        if replied:
            book.add(
                "letter", book.later(day, 9), child=child["id"], direction="parent_to_child", handed="post"
            )


def _guardians(book: Entries) -> None:
    """Write the briefing of a term (002-1 L27), contacts, and what parents do of their own accord (R25)."""
    dice = book.start("guardian_contact")
    for child in book.children:
        day = book.around(0.55)
        if book.there(day, [child]) and child.get("guardians") and dice.often(0.75):
            book.add(
                "guardian_contact", day, child=child["id"], by=book.people.homeroom(child), kind="briefing",
                means=dice.choice(["phone", "face"]), guardian=child["guardians"][0]["name"],
                content=["study", "life", "conduct", "mind"], detail=book.says("school_report"),
                advice=book.says("guardian_contact.advice"),
            )  # fmt: skip
    dice = book.start("parent_contact")
    for child in book.some(book.day(0.3), 10):
        book.add(
            "parent_contact", book.around(0.6), child=child["id"], parent=dice.choice(["father", "mother"]),
            teacher="homeroom", by=book.people.homeroom(child), means="phone", about=book.says("call.response"),
        )  # fmt: skip
    dice = book.start("parent_return")
    for child in book.some(book.day(0.2), 4):
        day = book.around(0.4)
        book.add(
            "parent_return", day, child=child["id"], parent=dice.choice(["father", "mother", "both"]),
            until=(day + timedelta(days=6)).isoformat(), occasion="holiday", came_to_school="yes",
        )  # fmt: skip
    book.start("pledge")
    for child in book.some(book.day(0.15), 12):
        book.add(
            "pledge", book.day(0.2), child=child["id"], signed_by=child.get("father_name") or child["mother_name"],
            by=book.people.homeroom(child), calls=1, letters=1, homeroom=1, subject=1, returns=1,
        )  # fmt: skip


def _meetings(book: Entries) -> None:
    dice = book.start("meeting")
    counsellor, head = book.staff("counsellor"), book.staff("headmaster")
    count = len(book.children)
    book.add(
        "meeting", book.day(0.08), kind="guardian", title="学期初监护人会议", place="学校会议室", by=head,
        helpers=8, children_came=count // 2, guardians=count * 3 // 5, reported=["study", "life", "plan"],
        problems=book.says("meeting.problems"), agreed=book.says("meeting.agreed"),
    )  # fmt: skip
    for days in book.window.months()[:-1]:  # the last one is still to come (002-1 L135)
        book.add(
            "meeting", dice.choice(days), kind="heart", title="恳谈会", place="心理咨询室", by=counsellor,
            children_came=dice.randint(6, 15), reported=["mind"], agreed=book.says("meeting.agreed"),
        )  # fmt: skip
    book.add(
        "meeting", book.day(0.6), kind="research", title="留守儿童教育研讨会", place="学校会议室",
        by=book.staff("coordinator"), helpers=10, problems=book.says("meeting.problems"),
        agreed=book.says("meeting.agreed"),
    )  # fmt: skip
    book.start("channel")
    for name, kind, number in (
        ("亲情电话", "family_phone", "10000000001"),
        ("知心信箱", "mailbox", "教学楼一层东侧"),
        ("心理热线", "counselling", "10000000002"),
    ):
        book.add(
            "channel",
            book.day(0),
            name=name,
            kind=kind,
            number=number,
            by=counsellor,
            hours="周一至周五 16:30–18:00",
        )


def _visit_papers(book: Entries) -> None:
    dice = book.start("visit_plan")
    group = book.people.classes[0]
    day = book.day(0.1)
    rows = [
        {"child": child["id"], "purpose": book.says("follow_up_what")}
        for child in book.of_class(group["name"], day)[:4]
    ]
    book.add(
        "visit_plan", day, **{"class": group["name"]}, by=group["homeroom"], first_day=day.isoformat(),
        last_day=(day + timedelta(days=20)).isoformat(), format="individual", team=[group["homeroom"]],
        outline="了解家庭情况和在家学习；讲一个优点；提醒交通和防溺水安全。", visits=rows or None,
    )  # fmt: skip
    dice = book.start("appointment")
    for place, kept in ((0.3, "on_time"), (0.5, "on_time"), (0.6, "moved"), (0.99, None)):
        day, child = book.day(place), book.child(book.day(place))
        book.add(
            "appointment", day, child=child["id"], by=book.people.homeroom(child), visit_on=(day + timedelta(days=3)).isoformat(),
            visit_at="18:30", slot="evening", place="home", with_whom=child.get("contact_person") or "监护人",
            topic="学习和生活习惯", kept=kept, reason="监护人农忙，改到周末" if kept == "moved" else None,
        )  # fmt: skip
    dice = book.start("feedback")
    for number, child in enumerate(book.some(book.day(0.3), 6)):
        day = book.around(0.6)
        answered = number % 3 > 0
        book.add(
            "feedback", day, child=child["id"], filled_by=child.get("contact_person"), satisfaction=dice.randint(3, 5),
            teaching=book.says("guardian_opinion"), answer=book.says("answer_given") if answered else None,
            answered_on=book.later(day, 4).isoformat() if answered else None,
            answered_by=book.people.homeroom(child) if answered else None,
        )  # fmt: skip
    book.start("visit_note")
    for place in (0.4, 0.7):
        child = book.child(book.day(place))
        book.add(
            "visit_note", book.day(place), child=child["id"], by=book.people.homeroom(child), title="灯下的小书桌",
            reflection=book.says("situation"), analysis=book.says("visit_note.analysis"),
            next_step=book.says("follow_up_what"), photo_allowed="no",
        )  # fmt: skip
    dice = book.start("observation")
    for place in (0.3, 0.5, 0.8, 0.97):
        child = book.child(book.day(place))
        book.add(
            "observation", book.day(place), child=child["id"], by=book.people.homeroom(child),
            signs=[dice.choice(["mood", "health", "grades", "late", "quarrel"])], detail=book.says("observation.detail"),
        )  # fmt: skip


def _issues(book: Entries) -> None:
    """Write issues: some solved, some waiting, one of the mind (004 四(三))."""
    dice = book.start("issue")
    kinds = ("study", "life", "safety", "mind", "family_education", "conduct")
    for number, kind in enumerate(kinds):
        day = book.around(0.2 + 0.13 * number)
        child, later = book.child(day), number % 2
        closed = book.later(day, 14).isoformat() if number in (0, 1, 4) else None
        book.add(
            "issue", day, child=child["id"], by=book.people.homeroom(child), origin=dice.choice(["visit", "talk", "feedback"]),
            category=kind, what=book.says(f"problem.{kind}"), solvable="later" if later else "now",
            explained=["pupil", "parent"] if later else None, plan=book.says("follow_up_what") if later else None,
            who=book.people.homeroom(child), due_on=(day + timedelta(days=21)).isoformat(),
            steps=[{"day": book.later(day, 5).isoformat(), "done": book.says("talk.action")}],
            closed_on=closed, result="已解决，家长满意。" if closed else None,
        )  # fmt: skip
