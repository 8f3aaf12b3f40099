"""Records and lists as files: spreadsheets, JSON, and the term's report in Word and Excel.

What comes in is in `guanai.storage.imports`, what is printed in `guanai.storage.printing`. Begin with `export`.
"""
