"""A sample school's health checks, counselling, lessons and lectures."""

from datetime import timedelta

from guanai.server.sample.entries import Entries

__all__ = ["health"]

SUBJECTS = (
    "个人卫生",
    "合理饮食",
    "用眼卫生",
    "传染病预防",
    "安全用药",
    "情绪与健康",
    "运动与休息",
    "口腔卫生",
)


def health(book: Entries) -> None:
    """Write what keeps children well; some of it left out."""
    _health(book)


def _health(book: Entries) -> None:
    dice = book.start("health_check")
    counsellor = book.staff("counsellor")
    for child in book.children:
        day = book.day(0.06)
        if book.there(day, [child]) and dice.often(0.9):
            age = day.year - int(child["birth_date"][:4])
            height, weight = 78 + 6 * age + dice.randint(-6, 6), 8 + 2 * age + dice.randint(0, 8)
            vision = {
                side: round(dice.choice([4.6, 4.8, 4.9, 5.0, 5.0, 5.1]), 1)
                for side in ("vision_left", "vision_right")
            }
            poor = min(vision.values()) < 4.8
            book.add(
                "health_check", day, child=child["id"], examiner="晴禾镇卫生院", height=height, weight=weight, bmi=round(weight / (height * height / 10000) + 1e-9, 1),
                chest=50 + age, vital_capacity=200 * age, systolic=dice.randint(90, 115), diastolic=dice.randint(55, 75), **vision,
                findings=["eyes"] if poor else ["none"], findings_detail="视力下降" if poor else None, conclusion="again" if poor else "fine",
            )  # fmt: skip
    dice = book.start("counselling")
    for place in (0.3, 0.45, 0.6, 0.75):
        day = book.around(place)
        book.add(
            "counselling", day, child=book.child(day)["id"], by=counsellor, came=dice.choice(["self", "teacher"]), minutes=40, topics=["mood", "family"],
            told=book.says("talk.thoughts"), done=book.says("talk_with_counsellor"), agreed="yes", risk="no", next_on=(day + timedelta(days=7)).isoformat(),
        )  # fmt: skip
    book.start("guidance")
    day = book.day(0.5)
    book.add(
        "guidance",
        day,
        child=book.child(day)["id"],
        by=counsellor,
        post="part",
        harm=book.says("problem.affection"),
        plan="每周一次，共六次",
        entries=[{"day": book.later(day, 7).isoformat(), "done": book.says("talk_with_counsellor")}],
    )
    dice = book.start("lesson")
    for group in book.people.classes:
        for number, week in enumerate(book.window.weeks()):
            off = dice.often(0.05)
            book.add(
                "lesson", dice.choice(week), **{"class": group["name"]}, by=group["homeroom"], cancelled="yes" if off else "no",
                hours=None if off else 1 + (number % 5 == 0), topic=None if off else SUBJECTS[number % len(SUBJECTS)], reason="运动会" if off else None,
            )  # fmt: skip
    book.start("test")
    for group in book.people.classes[:2]:
        book.add(
            "test",
            book.day(0.9),
            **{"class": group["name"]},
            by=group["homeroom"],
            subject="health",
            sat=group["pupils"],
            passed=group["pupils"] - 2,
            average=84.5,
        )
    book.start("lecture")
    for place, kind, topic in (
        (0.1, "safety", "交通和防溺水安全"),
        (0.3, "health", "秋冬传染病预防"),
        (0.55, "health", "爱护眼睛"),
        (0.7, "mind", "和心情做朋友"),
    ):
        book.add(
            "lecture",
            book.day(place),
            kind=kind,
            topic=topic,
            speaker="镇卫生院医生" if kind == "health" else None,
            by=book.staff("coordinator"),
            form_of="hall",
            pupils=sum(group["pupils"] for group in book.people.classes),
        )
    book.start("publicity")
    for place, topic in ((0.2, "洗手七步法"), (0.6, "正确用眼")):
        book.add("publicity", book.day(place), kind="health", channel=["board"], topic=topic, by=counsellor)
    dice = book.start("self_log")
    child = book.child(book.day(0.9))
    for place in (0.95, 0.97, 0.99):
        book.add(
            "self_log",
            book.day(place),
            child=child["id"],
            talk=dice.randint(0, 5),
            thoughts=dice.randint(0, 3),
            things=dice.randint(0, 3),
        )
