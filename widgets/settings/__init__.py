"""The school's rules and forms on the screen: the workbook row by row, and the form designer.

Checking and writing them is in `guanai.storage.school`. Begin with `workbook_panel`, then `form_designer`.
"""
