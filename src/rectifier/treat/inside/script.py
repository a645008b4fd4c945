"""What a remedy can hold on to in a running script it knows nothing of: optimizer steps, models, their inputs.

A remedy acts as a change of the script's own would: before the watcher measures, and without touching the script's
random numbers, so that two arms of one seed stay paired. If it fails, the script fails, and the trial is marked.
"""

import atexit
import contextlib
import functools
import os
import random
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as torch_module
from torch.optim import optimizer as torch_optimizer
from torch.optim.optimizer import Optimizer

from rectifier.watcher.steppers import _used

_LOSSES = ("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
           "binary_cross_entropy_with_logits", "kl_div", "gaussian_nll_loss", "poisson_nll_loss")  # fmt: skip

Input = Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...] | None]

#: A script that catches everything catches the end as well; after so many tries the process is ended outright.
TRIES = 3


class Script:
    """The script of this process, from the import of torch to its end."""

    def __init__(self, *, seed: int, steps: int | None, horizon: int | None) -> None:
        self.seed, self.horizon = seed, horizon or 1000
        self.acted: Counter[str] = Counter()  #: remedy: how often it did something
        self.step = 0  #: steps that the optimizer that stepped most has taken
        self.layer: weakref.ref[nn.Module] | None = None  #: module with weights whose forward ended last
        self.losses: list[float] = []  #: of every backward call, once `keep_losses` was asked for
        #: By layer and the activation that follows it, the one that another remedy puts there.
        self.follows: Callable[[str, tuple[str | None, tuple[float, ...]]], tuple[str | None, tuple[float, ...]]] = (
            lambda layer, activation: activation
        )
        self._passes: dict[int, list[float]] = {}  # step: sum of evaluation losses times samples, samples
        self._limit, self._tries = steps, 0
        self._used_before = _used()
        self._taken: dict[int, int] = {}
        self._before: list[Callable[[Optimizer], None]] = []
        self._after: list[Callable[[Optimizer], None]] = []
        self._models: list[Callable[[nn.Module], None]] = []
        self._bare: list[Callable[[list[Tensor]], None]] = []
        self._given: dict[int, weakref.ref[Tensor]] = {}  # id: what `_bare` have been called with
        self._inputs: list[Input] = []
        self._known: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._roots: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._watched_modules = False
        self._running = threading.local()

    # -- what remedies ask for -----------------------------------------------------------------------

    def before_step(self, act: Callable[[Optimizer], None]) -> None:
        """Call `act(optimizer)` before every step, gradients being what the step will use."""
        self._before.append(act)

    def after_step(self, act: Callable[[Optimizer], None]) -> None:
        """Call `act(optimizer)` after every step, once it has been measured."""
        self._after.append(act)

    def on_model(self, act: Callable[[nn.Module], None]) -> None:
        """Call `act(model)` once for every outermost module, before its first training pass."""
        self._models.append(act)
        self.watch_modules()

    def on_bare(self, act: Callable[[list[Tensor]], None]) -> None:
        """Call `act(tensors)` with the tensors that are no module's parameters, when an optimizer is made of them."""
        self._bare.append(act)

    def on_input(self, act: Input) -> None:
        """Call `act(model, arguments)` before every pass of an outermost module; it may return other arguments."""
        self._inputs.append(act)
        self.watch_modules()

    def watch_modules(self) -> None:
        """Keep `layer` and `depth` up to date."""
        self._watched_modules = True

    def scale_backward(self, factor: float, remedy: str) -> None:
        """Multiply the gradients of a script without an optimizer, which moves its parameters by them itself."""
        original = torch.autograd.backward

        @functools.wraps(original)
        def backward(tensors: Any, grad_tensors: Any = None, *args: Any, **kwargs: Any) -> None:
            by_hand = not self._taken and not _used() - self._used_before
            if by_hand and grad_tensors is None and isinstance(tensors, Tensor) and tensors.numel() == 1:
                grad_tensors = torch.full_like(tensors, factor)
                self.acted[remedy] += 1
            original(tensors, grad_tensors, *args, **kwargs)

        torch.autograd.backward = backward

    def keep_losses(self) -> None:
        """Keep the loss of every backward call in `losses`, and those of evaluation passes in `evaluations`.

        An evaluation loss is a scalar that one of torch's loss functions gave while gradients were off. To read them
        waits for the device.
        """
        for name in _LOSSES:
            setattr(functional, name, self._noting(getattr(functional, name)))
        original = torch.autograd.backward

        @functools.wraps(original)
        def backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
            root = tensors if isinstance(tensors, Tensor) else tensors[0]
            if root.numel() == 1:
                self.losses.append(root.item())
            original(tensors, *args, **kwargs)

        torch.autograd.backward = backward

    def _noting(self, original: Any) -> Any:
        @functools.wraps(original)
        def loss(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if not torch.is_grad_enabled() and isinstance(result, Tensor) and result.numel() == 1:
                samples = len(args[0]) if args and isinstance(args[0], Tensor) and args[0].dim() else 1
                total = self._passes.setdefault(self.step, [0.0, 0.0])
                total[0] += float(result) * (1 if kwargs.get("reduction") == "sum" else samples)
                total[1] += samples
            return result

        return loss

    @property
    def evaluations(self) -> list[tuple[int, float]]:
        """Training steps taken before each evaluation pass, and its mean loss."""
        return [(step, total / max(1.0, samples)) for step, (total, samples) in sorted(self._passes.items())]

    @property
    def depth(self) -> int:
        """How many modules' forward passes are running, one in the other."""
        return getattr(self._running, "depth", 0)

    @property
    def has_modules(self) -> bool:
        """Whether a module with parameters has been called."""
        return bool(self._known)

    @property
    def models(self) -> list[nn.Module]:
        """Outermost modules that have been called."""
        return list(self._roots)

    @contextlib.contextmanager
    def undisturbed(self, salt: int = 0) -> Iterator[None]:
        """Random numbers drawn in here are not taken from the script's, and are the same for the same seed."""
        states = random.getstate()
        devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]  # torch's
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            torch.default_generator.manual_seed(self.seed * 7919 + salt)
            yield
        random.setstate(states)

    def stop(self) -> None:
        """End the script here, as if it had ended by itself."""
        self._tries += 1
        if self._tries <= TRIES and threading.current_thread() is threading.main_thread():
            raise SystemExit(0)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    # -- hooks ---------------------------------------------------------------------------------------

    def attach(self) -> None:
        """Hooks that act before the watcher's."""
        torch_optimizer.register_optimizer_step_pre_hook(self._before_step)
        if self._watched_modules:
            torch_module.register_module_forward_pre_hook(self._entered)  # type: ignore[arg-type]  # what it returns is used
            torch_module.register_module_forward_hook(self._left, always_call=True)
        if self._bare:
            original = Optimizer.__init__

            @functools.wraps(original)
            def made(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
                original(optimizer, *args, **kwargs)
                self._made(optimizer)

            Optimizer.__init__ = made  # type: ignore[method-assign, assignment]

    def attach_after_watcher(self) -> None:
        """Hooks that act after the watcher's."""
        torch_optimizer.register_optimizer_step_post_hook(self._after_step)
        original = torch.autograd.backward

        @functools.wraps(original)
        def backward(*args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            if not self._taken and not _used() - self._used_before:  # no optimizer: the backward call is the step
                self._by_hand()

        torch.autograd.backward = backward

    def _by_hand(self) -> None:
        self.step += 1
        if self._limit is not None and self.step > self._limit:
            self.stop()  # the parameters moved by the script's own lines after the last step are measured by now

    def _made(self, optimizer: Optimizer) -> None:
        held = [p for group in optimizer.param_groups for p in group["params"]]
        new = [p for p in held if type(p) is Tensor and (id(p) not in self._given or self._given[id(p)]() is not p)]
        self._given |= {id(p): weakref.ref(p) for p in new}
        if new:
            for act in self._bare:
                act(new)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for act in self._before:
            act(optimizer)

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for act in self._after:
            act(optimizer)
        taken = self._taken[id(optimizer)] = self._taken.get(id(optimizer), 0) + 1
        self.step = max(self.step, taken)
        if self._limit is not None and taken >= self._limit:
            self.stop()

    def _entered(self, module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        outermost = self.depth == 0
        self._running.depth = self.depth + 1
        if not outermost or torch.compiler.is_compiling():
            return None
        if module not in self._known and torch.is_grad_enabled() and any(p.requires_grad for p in module.parameters()):
            self._known.update(module.modules())
            self._roots.add(module)
            for act in self._models:
                act(module)
        if module not in self._roots:
            return None
        changed = args
        for change in self._inputs:
            changed = change(module, changed) or changed
        return changed if changed is not args else None

    def _left(self, module: nn.Module, args: Any, output: Any) -> None:
        self._running.depth = max(0, self.depth - 1)
        if isinstance(weight := module._parameters.get("weight"), Tensor) and weight.dim() > 1:
            self.layer = weakref.ref(module)
