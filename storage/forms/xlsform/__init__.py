"""A form as its author wrote it: read from a workbook or Markdown, checked, and made into a `Form`.

Answers are not known here; they are in `guanai.storage.forms.session`. Begin with `loading`, then `definitions` and
`items`.
"""
