"""What the field knows: pure rules over frames and a policy, with the day as an argument.

Nothing here reads a clock, a file or a screen. Calendars and policies say what a school has decided;
eligibility, people and evidence what the registers say; duties, coverage, census, pairing, problems and
summaries what follows from both.
"""
