"""A sample school's activities, its Home and its library."""

from datetime import timedelta

from guanai.server.sample.entries import Entries

__all__ = ["activities"]

TITLES = ("海底两万里", "草房子", "城南旧事", "夏洛的网", "昆虫记", "中华成语故事")


def activities(book: Entries) -> None:
    """Write activities, openings and loans; some books are overdue."""
    _activities(book)
    _library(book)


def _activities(book: Entries) -> None:
    dice = book.start("activity")
    everybody = sum(group["pupils"] for group in book.people.classes)
    for week in book.window.weeks():
        if dice.often(0.95):
            book.add(
                "activity",
                week[0],
                kind="flag",
                theme="升旗仪式",
                place="操场",
                by=book.staff("coordinator"),
                pupils=everybody,
                programme=book.says("activity.programme"),
                photos_allowed="no",
            )
    for group in book.people.classes:
        for days in book.window.months():
            if dice.often(0.7):
                day = dice.choice(days)
                guests = [child["id"] for child in book.of_class(group["name"], day)]
                book.add(
                    "activity",
                    day,
                    kind=dice.choice(["theme_meeting", "arts_sports"]),
                    theme="我爱我班",
                    **{"class": [group["id"]]},
                    by=group["homeroom"],
                    hours=1,
                    pupils=group["pupils"],
                    left_behind=len(guests),
                    children=guests or None,
                    programme=book.says("activity.programme"),
                    photos_allowed="no",
                )
    for place in (0.25, 0.5, 0.75):
        day = book.day(place)
        some = book.some(day, 3)
        book.add(
            "activity",
            day,
            kind="birthday",
            theme="集体生日",
            place="留守儿童之家",
            by=book.anybody(),
            pupils=20,
            left_behind=len(some),
            children=[child["id"] for child in some],
            supplies="生日卡、书签",
            books=len(some),
            photos_allowed="no",
        )
    book.start("room")
    book.add(
        "room",
        book.day(0),
        name="留守儿童之家",
        kind="home",
        place="教学楼一层",
        by=book.staff("life"),
        hours="周二、周四放学后",
        posted=["rules", "roster"],
        inventory=[
            {"item": "desk", "number": 20, "state": "good"},
            {"item": "phone", "number": 2, "state": "good"},
            {"item": "computer", "number": 4, "state": "repair"},
        ],
    )
    dice = book.start("opening")
    for week in book.window.weeks():  # Tuesdays, one of them forgotten (002-1 L137)
        for day in week:
            if day.weekday() == 1 and dice.often(0.93):
                book.add(
                    "opening",
                    day,
                    slot="afternoon",
                    by=book.anybody(),
                    place="home",
                    doing=["reading", "tutoring"],
                    came=dice.randint(8, 25),
                    closing=["power", "windows", "fire"],
                )
    book.start("roster")
    for weekday in ("tuesday", "thursday"):
        book.add(
            "roster",
            book.day(0),
            weekday=weekday,
            slot="afternoon",
            by=book.anybody(),
            place="home",
            activity="reading",
        )
    book.start("training")
    book.add(
        "training",
        book.day(0.5),
        kind="guardians",
        topic="隔代教育怎样管手机",
        teacher="心理辅导教师",
        by=book.staff("coordinator"),
        expected=30,
        came=21,
        checked_by=book.people.classes[0]["homeroom"],
        asked=["interview"],
        findings=book.says("meeting.problems"),
        improve="下次晚上开，老人来得多",
    )


def _library(book: Entries) -> None:
    """Loans, most returned in time, some late, some overdue, one child with too many (002-1 L79)."""
    dice = book.start("book")
    for number, title in enumerate(TITLES, start=1):
        lost = number == len(TITLES)
        book.add(
            "book",
            book.day(0),
            name=title,
            number=f"QH-{number:03d}",
            copies=3,
            price=22.5,
            shelf="甲架",
            origin="given",
            by=book.staff("logistics")
            if any(person["role"] == "logistics" for person in book.people.staff)
            else None,
            damage="lost" if lost else "good",
            cause="转学时没有还" if lost else None,
            remedy="none" if lost else None,
        )
    ids = [record["id"] for record in book.records["book"]]
    dice = book.start("loan")
    readers = book.some(book.day(0.3), 10)
    lent = [(child, 0.3 + 0.06 * number) for number, child in enumerate(readers)]
    lent += [(readers[0], 0.9), (readers[0], 0.93), (readers[0], 0.96), (readers[1], 0.99)]
    for number, (child, place) in enumerate(lent):
        day = book.day(place)
        back = book.later(day, 4 + 5 * (number % 3 == 0))
        book.add(
            "loan", day, child=child["id"], book=dice.choice(ids), books=1, by=book.anybody(), due_on=(day + timedelta(days=7)).isoformat(),
            **({"returned_on": back.isoformat(), "returned_state": "good"} if number < 8 else {}),
        )  # fmt: skip
