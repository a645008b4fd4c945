"""Every private name of torch that watching asks for: asked for here alone, and what is lost without it.

A release of torch may move or drop any of them. What is missing then gets a stand-in, so that the rest of the watcher
works on, and `missing` says what the report must name. Public names are used where they are needed.
"""

import contextlib
import weakref
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import CodeType
from typing import Any

import torch
from torch import Tensor

#: The newest release of torch, major and minor, that `make test-torch` has passed with (docs/tested_torch.md).
NEWEST_TESTED = (2, 15)

#: Every name that was asked for, and what is lost without it: None where the stand-in does the same.
asked: dict[str, str | None] = {}
#: What cannot be seen, or would be noticed, because torch lacks a name: what is lost, and why.
missing: dict[str, str] = {}


def _ask(path: str, instead: Any, lost: str | None = None) -> Any:
    """What torch has at a dotted path; where it has nothing there, the stand-in, and what is lost without it."""
    asked[path] = lost
    found: Any = torch
    for name in path.split("."):
        try:
            found = getattr(found, name) if hasattr(found, name) else import_module(f"{found.__name__}.{name}")
        except (AttributeError, ImportError):
            if lost is not None:
                missing[lost] = f"this torch has no torch.{path}"
            return instead
    return found


def _never(*arguments: Any) -> bool:
    return False


class _NoModes:
    """Stands in for a class that is not there: nothing is an instance of it."""


_ACTIVATIONS = "activations are not seen"
#: What is lost where nothing can be measured unnoticed.
EVERYTHING = "losses, activations and gradients are not seen"

# -- seeing functions: a mode on torch's own stack, which may lie below modes of the script's own --

#: How many modes there are. Where it cannot be asked there may always be one.
function_modes: Callable[[], int] = _ask("_C._len_torch_function_stack", lambda: 1, _ACTIVATIONS)
push_function_mode: Callable[[Any], None] = _ask("_C._push_on_torch_function_stack", None, _ACTIVATIONS)
pop_function_mode: Callable[[], Any] = _ask("_C._pop_torch_function_stack", None, _ACTIVATIONS)
current_function_modes: Callable[[], list[Any]] = _ask("overrides._get_current_function_mode_stack", None, _ACTIVATIONS)
#: Whether the four above are there.
can_see_functions = _ACTIVATIONS not in missing
#: The mode by which torch itself keeps a default device.
DeviceContext: type = _ask("utils._device.DeviceContext", _NoModes, "activations under a default device are not seen")

# -- not being noticed --

#: Switches modes and tensor subclasses off for what is done inside.
unasked: Callable[[], Any] = _ask("_C.DisableTorchFunction", contextlib.nullcontext, EVERYTHING)
can_measure = EVERYTHING not in missing
set_grad_enabled: Callable[[bool], Any] = _ask("_C._set_grad_enabled", torch.set_grad_enabled)
is_tracing: Callable[[], bool] = _ask("_C._is_tracing", torch.jit.is_tracing)  # type: ignore[attr-defined]  # documented, if not exported
is_profiling: Callable[[], bool] = _ask(
    "_C._autograd._profiler_enabled", _never, "a profiler of the script's own counts the watcher's operations too"
)
dispatch_modes: Callable[[], int] = _ask(
    "_C._len_torch_dispatch_stack", _never, "a dispatch mode of the script's own meets the watcher's operations too"
)
is_transforming: Callable[[], bool] = _ask(
    "_C._are_functorch_transforms_active", _never, "what runs under the transforms of torch.func may be left out"
)

# -- names of layers and lines --

_call_module: Any = _ask("nn.Module._call_impl", None, "activations that no weight feeds are not named by their module")
#: The frames in which modules call their `forward`.
MODULE_CALL: CodeType | None = getattr(_call_module, "__code__", None)
#: Where torch keeps most of its activations and loss functions.
NN: Any = _ask("_C._nn", None, "torch's loss functions are not seen, in training nor in evaluation")
#: How TorchScript knows that a function is one of torch's, and how it is told of another one.
find_builtin: Callable[[Any], str | None] = _ask("jit._builtins._find_builtin", lambda function: None)
register_builtin: Callable[[Any, str], None] = _ask("jit._builtins._register_builtin", lambda function, name: None)


def sequence_number(node: Any) -> int:
    """The number of a node of the autograd graph, in order of making; 0 where torch does not tell."""
    ask = getattr(node, "_sequence_nr", None)
    number: int = 0 if ask is None else ask()
    return number


# -- optimizers --

_marks_step = _ask("optim.Optimizer._patch_step_function", None) is not None


def has_been_made(kind: type[torch.optim.Optimizer]) -> bool:
    """Whether an optimizer of this class may have been made: torch marks its `step` then."""
    return not _marks_step or getattr(kind.step, "hooked", False)


def is_registered(handle: Any) -> bool:
    """Whether one of torch's hooks is where it was put; yes where torch does not tell."""
    if not hasattr(handle, "hooks_dict_ref"):
        return True
    hooks = handle.hooks_dict_ref()
    return hooks is not None and handle.id in hooks


# -- arithmetic on many tensors at once --


def _norms(tensors: Sequence[Tensor]) -> Iterable[Tensor]:
    return tuple(torch.linalg.vector_norm(tensor) for tensor in tensors)


def _differences(tensors: Sequence[Tensor], others: Sequence[Tensor]) -> Iterable[Tensor]:
    return tuple(tensor - other for tensor, other in zip(tensors, others, strict=True))


norms: Callable[[Sequence[Tensor]], Iterable[Tensor]] = _ask("_foreach_norm", _norms)
differences: Callable[[Sequence[Tensor], Sequence[Tensor]], Any] = _ask("_foreach_sub", _differences)


# -- functions with a gradient of the script's own --


class Forwards:
    """The `forward` of every `torch.autograd.Function` that the script has written, by their code.

    From torch 2.14 on they are called from C++: no frame of torch's stands between `apply` and `forward` any more by
    which they could be known.
    """

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[CodeType, bool] = weakref.WeakKeyDictionary()

    def __contains__(self, code: CodeType) -> bool:
        if code not in self._known:
            self._known[code] = False
            kinds: list[type] = [torch.autograd.Function]
            for kind in kinds:
                kinds += kind.__subclasses__()
                if (forward := _code(vars(kind).get("forward"))) is not None:
                    self._known[forward] = True
        return self._known[code]


def _code(function: Any) -> CodeType | None:
    """The code of a function below its decorators (`staticmethod`, `custom_fwd`)."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    found = getattr(function, "__code__", None)
    return found if isinstance(found, CodeType) else None


def newer_than_tested(version: str) -> bool:
    """Whether a release of torch is newer than any that was tried.

    >>> newer_than_tested("2.13.0+cpu"), newer_than_tested("3.0.0a0")
    (False, True)
    """
    numbers = [int("".join(filter(str.isdigit, part)) or 0) for part in version.split("+")[0].split(".")[:2]]
    return tuple(numbers) > NEWEST_TESTED
