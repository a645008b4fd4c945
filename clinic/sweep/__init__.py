"""Hundreds of generated short runs whose truth is measured without Rectifier: `python -m clinic.sweep`.

tasks.py     data sets, and the score of a prediction
nets.py      networks of every kind, as users build them
setting.py   all that a run depends on, as one value
design.py    the seeded draw of settings: plain ones, and each illness provoked at four severities
train.py     one run of a setting
measure.py   what is measured of a network on its whole training set
twins.py     runs beside it: the same network at plain good settings, at other rates, initialised well
truth.py     from these measurements to "ill", "not ill" or "undecided", illness by illness
examine.py   one setting run, watched and measured, and kept
judged.py    what was said, held against the truth
table.py     docs/clinic-sweep.md
"""
