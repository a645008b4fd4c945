"""Watching a live PyTorch training run without changing it: hooks in, rows out to the record.

- `launch.py`: starts the script as `python` would and waits for it
- `signals.py`: which signals have reached the script already; `ending.py`: ending it as its user would
- `inject/`, `autostart.py`: what that Python imports first; waits for torch and then attaches
- `attach.py`: the hooks; the only place that holds state over steps
- `steppers.py`: what steps: optimizers, or the backward calls where there is none
- `unstepped.py`: backward calls that no step has followed: a loop made by hand, or a forgotten step
- `governor.py`: which steps to look at, so that looking stays within the budget
- `window.py`: on a looked-at step, every torch function call, who fed it and from which line
- `activations.py`: which torch calls apply an activation, and which one
- `parameters.py`: parameters and gradients around a step
- `probes/`: what is measured, one file each
- `parts.py`: what can fail on its own without taking the rest, or the script, with it
- `fetch.py`: measured tensors to the CPU, one wait per device
- `compat.py`: every private name of torch that is asked for, and what is lost without it
- `unnoticed.py`: when and how to measure so that the script does not notice
- `names.py`: what the user calls a module or a parameter
- `loss.py`: the number a backward call starts from
- `origin.py`, `lines.py`: the operation that a non-finite loss came from, and the line that called it
- `notebook.py`: what a cell of a notebook is called, and the notebook
- `ownership.py`, `criteria.py`: which parameters no optimizer moves; what the loss functions gave, in evaluation too
- `makers.py`, `handwritten.py`: which calls are layers, which lines are activations written by hand
- `children.py`, `environment.py`: the processes that the script starts
- `calling.py`: calls from the watcher, as if the script's own line made them
- `traceback.py`: tracebacks as `python` prints them, without our frames
"""
