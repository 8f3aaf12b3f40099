"""The school's time: its terms, weeks, months, phases and holidays.

What is due in such a period is computed in `guanai.care.duties`; how the calendar's rows are read, in
`guanai.care.policy`. Begin with `school_calendar`, then `periods`.
"""
