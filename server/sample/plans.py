"""A sample school's papers about its children beyond the dossier, and its plans to help them."""

from datetime import timedelta

from guanai.server.sample.entries import Entries

__all__ = ["files"]


def files(book: Entries) -> None:
    """Write censuses, surveys, portraits, plans and diaries."""
    _files(book)
    _helping(book)


def _files(book: Entries) -> None:
    dice = book.start("census")
    for group in book.people.classes[:-1]:  # one class has not handed in its census
        day = book.around(0.04)
        care = book.of_class(group["name"], day)
        old = [child for child in care if child.get("guardian_type") == "grandparent"]
        book.add(
            "census", day, **{"class": group["name"]}, by=group["homeroom"], means=["door", "pupils"], pupils=group["pupils"],
            left_behind=len(care), papers=["dossier", "card", "statistics"],
            **({"both_away": len(care), "grandparent": len(old)} if care else {}), handed_up_on=book.later(day, 3).isoformat(),
        )  # fmt: skip
    book.start("registration")
    for child in book.some(book.day(0.2), 3):
        book.add(
            "registration", book.day(0.25), child=child["id"], household_registered="yes", household_place=child["address"],
            condition=["healthy"], schooling="primary", entrusted="no", care_grade="fair", family_size=5, income=["work", "farming"],
            photo_consent="no", by=book.people.homeroom(child), checked_by=book.staff("coordinator"), responsible=book.staff("headmaster"),
        )  # fmt: skip
    dice = book.start("survey")
    for child in book.some(book.day(0.3), 8):
        states = {
            name: dice.weighted({"good": 0.5, "fair": 0.35, "concern": 0.15})
            for name in ("study", "life", "mind", "safety", "health")
        }
        book.add(
            "survey", book.around(0.4), child=child["id"], by=book.people.homeroom(child), round="first", **states,
            needs=[dice.choice(["tutoring", "company", "contact", "interests"])],
        )  # fmt: skip
    book.start("portrait")
    for child in book.some(book.day(0.3), 2):
        book.add(
            "portrait", book.day(0.35), child=child["id"], by=book.people.homeroom(child), interests="画画、跑步",
            character="内向、细心", with_guardian="close", with_parents="sometimes", motto="今日事今日毕", role_models="奶奶；雷锋",
        )  # fmt: skip
    book.start("growth")
    for child in book.some(book.day(0.3), 4):
        book.add(
            "growth",
            book.around(0.6),
            child=child["id"],
            by=book.people.homeroom(child),
            kind="study",
            title="我的进步",
            evaluation=book.says("merit"),
        )
    dice = book.start("progress")
    for child in book.some(book.day(0.3), 6):
        way = dice.choice(["up", "same", "down"])
        book.add(
            "progress",
            book.around(0.7),
            child=child["id"],
            by=book.anybody(("subject",)),
            subject="数学",
            direction=way,
            score=dice.randint(55, 98),
            action=book.says("talk.action") if way == "down" else None,
        )
    book.start("hardship")
    child = book.child(book.day(0.2))
    book.add(
        "hardship",
        book.day(0.2),
        child=child["id"],
        by=book.people.homeroom(child),
        causes=["illness"],
        situation=book.says("situation"),
        needs=["clothes"],
        kept_at="留守儿童之家",
    )
    book.start("new_pupil")
    group = book.people.classes[0]
    book.add(
        "new_pupil",
        book.day(0.02),
        name="苗小禾",
        **{"class": group["name"]},
        by=group["homeroom"],
        address="晴禾镇枫语村",
        habits="爱看书",
        left_behind="unclear",
    )
    book.start("handover")
    book.add(
        "handover",
        book.day(0.01),
        **{"class": group["name"]},
        by=book.staff("subject"),
        to=group["homeroom"],
        files=len(book.of_class(group["name"], book.window.last)),
        papers=["dossier", "card"],
        checked="yes",
    )


def _helping(book: Entries) -> None:
    dice = book.start("diary")
    for child in book.some(book.day(0.3), 6):
        book.add(
            "diary",
            book.around(0.6),
            child=child["id"],
            by=book.anybody(),
            entry=book.says("diary"),
            merit=book.says("merit"),
        )
    book.start("study_plan")
    for child in book.some(book.day(0.2), 3):
        day = book.around(0.3)
        book.add(
            "study_plan", day, child=child["id"], by=book.people.homeroom(child), subjects="数学", analysis=book.says("problem.study"),
            times="每周二、四放学后", content="补计算，读题三遍再做", check_on=(day + timedelta(days=30)).isoformat(),
            phases=[{"day": book.later(day, 21).isoformat(), "effect": "some", "found": "计算错误少了"}],
        )  # fmt: skip
    dice = book.start("individual_plan")
    for child, finding in zip(book.some(book.day(0.2), 2), ("study_slide", "personality"), strict=False):
        book.add(
            "individual_plan", book.around(0.4), child=child["id"], by=book.people.homeroom(child), findings=[finding],
            situation=book.says("problem.mind"), measures=book.says("talk.action"), parents_agree="yes", team=[book.staff("counsellor")],
        )  # fmt: skip
    book.start("care_group")
    group = book.people.classes[0]
    book.add(
        "care_group",
        book.day(0.1),
        **{"class": group["name"]},
        by=group["homeroom"],
        members=[{"name": "班长", "duty": "看谁不开心，告诉老师"}],
    )
    dice = book.start("carer")
    book.add(
        "carer",
        book.day(0.2),
        name="韩阿姨",
        kind="volunteer",
        unit="晴禾镇",
        phone=dice.phone(),
        helps="all",
    )
