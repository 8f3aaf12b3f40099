"""Rows in SQLite behind TinyDB's interface: tables, queries, the history of every record, and what survives a crash.

Nothing here knows a form or a person's rights; records by their form are in `guanai.storage.records`. Begin with
`record_table`, which tells the way of one save through the three layers: `record_table`, `databases`, `driver`.
"""
