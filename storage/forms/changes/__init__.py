"""What becomes of answers when a form changes: differences of two versions, renames, changed types.

Publishing a form is in `guanai.storage.school.form_publishing`. Begin with `differences`.
"""
