"""Who may see and do what: the rows of the sheet 权限, the children, classes and staff that they reach on a day, and masks.

Nothing here reads a file, a record or a clock, and no frame library is imported: the store of restricted registers uses it
too. Begin with `rights` (what one person may do), then `reach` (whose records they are on a day) and `record_scope`.
"""
