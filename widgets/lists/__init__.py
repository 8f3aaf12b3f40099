"""What a page shows of records: checklists, registers, dossiers, charts, pairings, merges, the bin, files to download.

What is due is worked out in `guanai.care.duties`, a form to fill in is in `guanai.widgets.form`. Begin with `checklists`.
"""
