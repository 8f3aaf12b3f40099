"""Records out as data: a form's questions as columns, records as a workbook, CSV, JSON Lines or TinyDB file.

What comes in is in `guanai.storage.imports`, what people read or sign in `guanai.storage.reports`. Begin with `export`.
"""
