"""The sample school: invented children, staff and a term of records, for workshops and tests.

Words and names come from `templates/sample/`. Begin with `make`.
"""
