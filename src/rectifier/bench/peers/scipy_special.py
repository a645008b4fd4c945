"""SciPy's special functions, in the place of the part of the usual NumPy expression that they replace."""

from functools import partial

from rectifier.bench.case import Case
from rectifier.bench.peers import Ways
from rectifier.bench.peers.numpy_usual import namespace
from rectifier.bench.program import Text, written

TITLE = "SciPy"
NEEDS = ("scipy",)

TEXTS: dict[str, Text] = {
    "gelu": "x * ndtr(x)",
    "gelu.derivative": "ndtr(x) + x * (0.3989422804014327 * exp(-0.5 * x * x))",
    "logsigmoid": "log_expit(x)",
    "logsigmoid.derivative": "expit(-x)",
    "sigmoid": "expit(x)",
    "sigmoid.derivative": "s = expit(x); s * (1 - s)",
    "silu": "x * expit(x)",
    "silu.derivative": "s = expit(x); s * (1 + x * (1 - s))",
    "softplus.derivative": "expit(x)",  # beta is 1 here; newer SciPy has softplus itself, as logaddexp(0, x)
    "softmax": "softmax(x, -1)",
    "log_softmax": "log_softmax(x, -1)",
    "mish.derivative": "t = tanh(log1p(exp(x))); t + x * expit(x) * (1 - t * t)",
    "glu": "a * expit(b)",
    "glu.derivative": ("g = expit(b); g", "g = expit(b); a * g * (1 - g)"),
    "geglu": "a * b * ndtr(b)",
    "geglu.derivative": ("p = ndtr(b); b * p", "p = ndtr(b); a * (p + b * (0.3989422804014327 * exp(-0.5 * b * b)))"),
    "swiglu": "a * b * expit(b)",
    "swiglu.derivative": ("g = expit(b); b * g", "g = expit(b); a * g * (1 + b * (1 - g))"),
}


def ways(case: Case) -> Ways:
    program = written(case.member, case.what, TEXTS, only=True)
    from scipy import special

    own = {name: getattr(special, name) for name in ("expit", "log_expit", "log_softmax", "ndtr", "softmax")}
    names = namespace(case.dtype) | own
    new = program.compiled(names)
    out = program.compiled(names, into="out")
    return Ways(new=(partial(new, *case.inputs),), out=(partial(out, *case.inputs, *program.targets(case.outs)),))
