"""One form being filled in: its answers, what is shown, calculated, missing and refused.

There is no screen and no table here: `guanai.widgets.form` shows a session, `guanai.storage.records` saves its record.
Begin with `form_session.FormSession`, then `answer_tree` and `recalculation`.
"""
