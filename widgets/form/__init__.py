"""A form on the screen: its fields, sections, steps, attachments, and what was typed and not saved yet.

The logic of a form is in `guanai.storage.forms.session`; lists of records are in `guanai.widgets.lists`. Begin with
`form`, then `fields`.
"""
