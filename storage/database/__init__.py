"""Rows in SQLite behind TinyDB's interface: tables, queries, history, and what survives a crash.

Nothing here knows a form; records by their form are in `guanai.storage.records`. Begin with `record_table`, then
`databases`.
"""
