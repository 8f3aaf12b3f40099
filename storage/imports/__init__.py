"""Files read as records: looked at row by row, decided about, written all or nothing, and taken back.

How a file becomes cells is in `guanai.storage.files`; how cells are headed, in `guanai.storage.exports.question_columns`. Begin
with `run`, then `preview`.
"""
