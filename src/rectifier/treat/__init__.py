"""Remedies tried on the user's own script, and which of them cures.

trial.py       one run of the script under one treatment with one seed, and what came of it
remedies/      one file per remedy, found by name: what it does, how safe it is, the change of code it stands for
inside/        what acts in the script's own process: seeds, remedies, evaluation losses, the end after so many steps
scratch.py     a copy of the working directory for every trial
execute.py     running one trial
executors/     where trials run: processes of this machine, or a Ray cluster
series.py      trials kept in their folder, finished ones not run again
candidates.py  which treatments the findings call for
paired.py      the statistics: gain over untreated, paired by seed
search.py      the whole of `rectifier treat`
choice.py      the whole of `rectifier compare`; comparison.py, answer.py: what they found
sources.py     the user's own files: the script and what it imports
code/          the change to them
"""
