"""The school's time: its terms, weeks, months, phases and holidays.

What is owed in such a period is worked out in `guanai.care.duties`; how the calendar's rows are read, in
`guanai.care.policy`. Begin with `school_calendar`, then `periods`.
"""
