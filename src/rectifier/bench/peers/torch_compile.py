"""PyTorch's compiler: torch's own function, or the usual expression, made one fused loop for these very sizes.

For `out=` the result is copied into the tensor that is given, which the compiler turns into writing there at once.
Compiling takes about a second for each function, type and size.
"""

from functools import partial

from rectifier.bench.case import Case
from rectifier.bench.peers import Ways
from rectifier.bench.peers import _torch as shared
from rectifier.bench.program import written

TITLE = "compile"
NEEDS = ("torch",)
SLOW_START = True


def ways(case: Case) -> Ways:
    import torch

    torch.compiler.reset()  # what was compiled for earlier cases
    program = written(case.member, case.what, shared.texts(case.member))
    names = shared.namespace(case.member, case.dtype)
    inputs, targets = shared.tensors(case.inputs), shared.tensors(program.targets(case.outs))
    compiled = partial(torch.compile, fullgraph=True, dynamic=False)  # or it may give up silently and run as it is
    return Ways(
        new=(partial(compiled(program.compiled(names)), *inputs),),
        out=(partial(compiled(program.compiled(names, into="copy")), *inputs, *targets),),
    )
