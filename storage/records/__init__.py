"""Records by their form: registers saved and read, frames, labels, attachments, drafts, what was deleted.

Rows are kept by `guanai.storage.database`; what the school's rules say of records is in `guanai.storage.school`.
Begin with `registers`.
"""
