"""Records by their form: registers read and saved, frames, labels, attachments, drafts; and the protocol `Records`.

Rows are stored by `guanai.storage.database`; what the school's rules say of records is in `guanai.storage.school`.
Begin with `records`, what a service asks for, then `registers`.
"""
