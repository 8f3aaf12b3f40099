"""What follows from a child's dossier: who is left-behind and since when, households, duplicates, the identity number.

What the school owes a child is in `guanai.care.duties`. Begin with `eligibility`.
"""
