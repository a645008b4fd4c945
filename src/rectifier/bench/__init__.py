"""How fast Rectifier is on this machine, beside a copy of the same bytes and beside every peer that is installed.

usual      how each member is usually written with arrays, once, in NumPy's words
program    such a text, taken apart, so that each peer can be given it in its own way
case       one computation with its data: member, what of it, type, size
peers/     one file per peer: how it does the same, as its competent user would write it
measure    contestants timed in turn, in random order, until the medians are steady
plan       which cases are run, and for how long
run        runs a plan
results    what came of it: the records behind every view, and the JSON
goals      what was to be reached, counted on the results
machine    what it ran on
text, markdown    the views
"""
