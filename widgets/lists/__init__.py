"""What is shown of many records: checklists, registers, dossiers, charts, proposals, downloads.

What is due is worked out in `guanai.care.duties`; forms are in `guanai.widgets.form`. Begin with `checklists`.
"""
