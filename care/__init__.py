"""What the field knows: pure rules over frames and a policy, with the day as an argument.

Nothing here reads a clock, a file or a screen. Calendars and policies say what a school has decided;
eligibility, people, subjects and facts what the registers say; duties (counts, events, standing, shares),
emergencies, fulfilment, coverage, census, pairing, problems and summaries what follows from both.
"""
