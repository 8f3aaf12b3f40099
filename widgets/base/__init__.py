"""What every widget is made of: boxes, tables, labels of values, notices, links and addresses of pages, search by name.

Nothing here knows a form that is filled in; that is in `guanai.widgets.form`. Begin with `boxes`, then `table`.
"""
