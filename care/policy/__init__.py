"""What a school has decided: its workbook's sheets, read into a policy of calendar, duties, categories and wording.

Nothing here looks at a record; what follows from the rules is in `guanai.care.duties`. Begin with `policy`, then
`duty` (one row of the sheet 职责), which `sentences` says in words.
"""
