"""Files by themselves: the school's folder, workbooks and CSV as sheets of cells, atomic writes, files in a zip.

Nothing here knows a form or a record; what the rows of a sheet mean is decided in `guanai.storage.imports`. Begin with
`school_folder`, then `sheet`.
"""
