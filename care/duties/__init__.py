"""What is due: each row of the sheet 职责 against the records, as of one day.

The rows themselves are read in `guanai.care.policy`, the periods in `guanai.care.calendar`; nothing here reads a clock
or a file. Begin with `due`; each kind of duty is a module (`count`, `interval`, `event`, `state`, `open_records`, `helper`,
`quota`, `complete`, `share`), and `facts` is what each of them is given.
"""
