"""Watching a live PyTorch training run without changing it: hooks in, rows out to the record.

launch.py      starts the script as `python` would and waits for it
inject/        what that Python imports first: it waits for torch and then attaches
attach.py      the hooks: steps, backward, window; the only place that holds state over steps
governor.py    which steps to look at, so that looking stays within the budget
window.py      on a looked-at step: every torch function call, who fed it and from which line
activations.py which torch calls apply an activation, and which one
names.py       what the user calls a module or a parameter
loss.py        the number a backward call starts from
origin.py      the operation that a non-finite loss came from
probes/        what is measured, one file each
traceback.py   tracebacks as `python` prints them, without our frames
"""
