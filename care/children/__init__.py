"""What follows from a child's dossier: who is left-behind and since when, households, duplicates, the identity number.

What is due for a child is in `guanai.care.duties`. Begin with `eligibility`.
"""
