"""What every widget is made of: boxes, tables, labels of values, errors, addresses of pages, searching by name.

Nothing here knows a form being filled in; that is in `guanai.widgets.form`. Begin with `boxes`.
"""
