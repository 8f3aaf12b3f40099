"""A form of incidents with a question that was added later and must be answered."""

STEPS = ("guardian_told_at", "parents_told_at", "education_told_at", "township_told_at")
FORM = (
    """
| survey | type | name | label::中文 (zh) | required |
|---|---|---|---|---|
| | select_one_from_file child.csv | child | 学生 | yes |
| | date | date | 日期 | yes |
| | text | kind | 种类 | |
| | text | serious | 是否严重 | |
| | dateTime | found_at | 发现时间 | yes |
| | text | asked_for | 后来才加的必填题 | yes |
"""
    + "".join(f"| | dateTime | {step} | {step} | |\n" for step in STEPS)
    + """
| settings | form_title | version |
|---|---|---|
| | 突发事件 | 1 |
"""
)
