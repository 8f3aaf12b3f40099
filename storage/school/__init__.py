"""The school as one person sees it: `School`, and the services over its records (due, pairing, settings, forms).

The rules themselves are in `guanai.care`; records and their saving in `guanai.storage.records`. Begin with `school`,
then `open_school`.
"""
