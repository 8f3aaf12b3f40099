"""What runs a school: Voila with sign-in and lean pages, kernels forked from a warm parent, the command line, the sample.

The only room that knows of Jupyter's server; no other imports it.
"""
