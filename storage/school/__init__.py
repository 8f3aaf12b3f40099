"""`School`, which a notebook opens, and the services over its records: duties, duplicates, pairings, settings, forms.

The rules themselves are in `guanai.care`; records and their saving in `guanai.storage.records`. Begin with `school`,
then `open_school`.
"""
