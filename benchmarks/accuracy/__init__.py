"""How far results are from the truth, for every input there is. `python -m benchmarks.accuracy --help`.

`members.hpp` says what every member is; `reference.cpp` measures results against it; `inputs.py` chooses inputs;
`measure.py` runs the kernels on them; `properties.py` checks what is not a matter of distance. Nothing is shared with
the kernels, so that an error in them cannot hide in the reference.

A new member needs one entry in `members.hpp`.
"""
