"""A sample school's emergencies, aid, and the papers of those who lead it."""

from guanai.server.sample.entries import Entries

__all__ = ["management"]


def management(book: Entries) -> None:
    """Write incidents with their steps in time and late, aid, and the school's papers."""
    _safety(book)
    _management(book)


def _safety(book: Entries) -> None:
    """Three incidents: all steps in time, one step late, and one that nobody has finished."""
    dice = book.start("incident")
    steps = ("guardian_told_at", "parents_told_at", "education_told_at", "township_told_at")
    for place, kind, minutes, closed in (
        (0.3, "injury", (20, 45, 100, 110), True),
        (0.6, "illness", (50, 55, 115, 118), True),
        (0.98, "illness", (15,), False),
    ):
        day = book.day(place)
        child = book.child(day)
        told = {
            name: book.at(day, 14 + (10 + late) // 60, (10 + late) % 60)
            for name, late in zip(steps, minutes, strict=False)
        }
        book.add(
            "incident", day, child=child["id"], kind=kind, found_at=book.at(day, 14, 10), by=book.people.homeroom(child), place="操场",
            what="课间跌倒，手腕肿" if kind == "injury" else "发烧，头晕", illness="扭伤" if kind == "injury" else "发热", serious="no",
            first_steps="送到医务室，量体温，通知班主任", **told, police_told_at=told["education_told_at"] if kind == "injury" else None,
            **({"handling": "当天好转，家长放心。", "closed_on": book.later(day, 2).isoformat()} if closed else {}),
        )  # fmt: skip
    dice = book.start("aid")
    for kind, amount, goods in (
        ("visit", 200, None),
        ("insurance", None, "平安保险名额"),
        ("goods", None, "冬衣被褥"),
        ("allowance", 625, None),
        ("exemption", None, None),
    ):
        day = book.around(0.5)
        book.add(
            "aid",
            day,
            child=book.child(day)["id"],
            kind=kind,
            giver="学校关爱基金",
            amount=amount,
            goods=goods,
            received="yes",
            by=book.staff("coordinator"),
        )
    book.start("fund")
    book.add("fund", book.day(0.1), direction="in", amount=3000, who="师生捐款", by=book.staff("coordinator"))
    book.add(
        "fund",
        book.day(0.5),
        direction="out",
        amount=200,
        who="慰问",
        purpose="慰问困难家庭",
        by=book.staff("coordinator"),
    )
    dice = book.start("responsibility")
    for child in book.some(book.day(0.1), 12):
        signed = dice.often(0.75)
        book.add(
            "responsibility",
            book.day(0.1),
            level="family",
            child=child["id"],
            signed_on=book.later(book.day(0.1), 5).isoformat() if signed else None,
            signed_by=child.get("contact_person") if signed else None,
        )
    book.start("rights")
    book.add(
        "rights",
        book.day(0.6),
        child=book.child(book.day(0.6))["id"],
        kind="consultation",
        by=book.staff("coordinator"),
        station="镇妇联维权站",
        what="抚养费怎样要",
        aid_given="转介法律援助",
    )


def _management(book: Entries) -> None:
    head, coordinator = book.staff("headmaster"), book.staff("coordinator")
    book.start("leading_group")
    for person, post, duty in (
        (head, "head", "全面负责"),
        (coordinator, "deputy", "档案、结对、家访"),
        (book.staff("counsellor"), "member", "心理辅导"),
    ):
        book.add("leading_group", book.day(0), by=person, post=post, duty=duty)
    book.start("work_plan")
    for place, item in (
        (0.1, "普查建档，发联系卡"),
        (0.4, "集中家访"),
        (0.6, "监护人培训"),
        (0.95, "期末总结"),
    ):
        day = book.day(place)
        past = place < 0.7
        book.add(
            "work_plan",
            book.day(0),
            plan="本学期留守儿童工作计划",
            month=day.isoformat(),
            item=item,
            by=coordinator,
            done_on=day.isoformat() if past else None,
            result="已完成" if past else None,
        )
    book.start("report")
    book.add(
        "report",
        book.day(0.7),
        to=["education"],
        kind="general",
        title="周末看护情况",
        problem=book.says("meeting.problems"),
        by=head,
    )
    book.start("evaluation")
    book.add(
        "evaluation",
        book.day(0.02),
        of="school",
        period="上学期",
        process="结对、家访、谈心都有记录",
        result="没有学生辍学",
        grade="good",
        by=head,
    )
    book.start("award")
    for kind, title in (("child", "自强少年"), ("progress", "进步之星")):
        book.add(
            "award",
            book.day(0.5),
            kind=kind,
            title=title,
            children=[child["id"] for child in book.some(book.day(0.5), 3)],
            level="school",
            by=coordinator,
        )
    book.start("document")
    for name, kind in (
        ("留守儿童档案制度", "registration"),
        ("结对帮扶制度", "mentor"),
        ("家访制度", "visit"),
    ):
        book.add("document", book.day(0), name=name, kind=kind, by=head)
    book.start("ethics")
    book.add(
        "ethics", book.day(0.5), kind="training", topic="爱与尊重", by=head, people=len(book.people.staff)
    )
