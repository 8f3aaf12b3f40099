"""A form on the screen: its questions as fields, sections and steps, its drafts, and the inputs of other widgets.

The logic of a form is in `guanai.storage.forms.session`, lists of records are in `guanai.widgets.lists`. Begin with
`form`, then `fields`.
"""
