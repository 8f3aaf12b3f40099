"""The sample school: invented children, staff and a term of records, for workshops and tests.

What the records hold stands in the tables of `templates/sample/` (its README says how to change them), not here; the
command that makes a sample is in `server/commands/serve_commands.py`. Begin with `make`, then `records` and `rules`.
"""
