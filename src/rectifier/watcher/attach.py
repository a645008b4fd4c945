"""The hooks on a live process: optimizer steps, backward calls, the window. The only place with state over steps.

One look runs from the end of a step to the end of the next step of the same optimizer, so that with several
optimizers (a GAN) every one of them is seen once. Where there is no optimizer, a backward call is the step.
Every callback is guarded: if a part of the watcher fails, that part ends, the record says so, and the script
goes on.
"""

import functools
import json
import math
import os
import platform
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules import module as torch_module
from torch.optim import optimizer as torch_optimizer
from torch.utils.data import get_worker_info

from rectifier._native import Lane
from rectifier.record import own_warnings, rows
from rectifier.record.writer import Writer
from rectifier.watcher import compat
from rectifier.watcher.criteria import Criteria
from rectifier.watcher.elsewhere import Asked, Threads
from rectifier.watcher.fetch import fetch
from rectifier.watcher.governor import Governor
from rectifier.watcher.ledger import Ledger
from rectifier.watcher.loss import Losses
from rectifier.watcher.names import Names
from rectifier.watcher.networks import Networks
from rectifier.watcher.origin import non_finite_origin
from rectifier.watcher.ownership import Ownership
from rectifier.watcher.parameters import Parameters
from rectifier.watcher.parts import Parts
from rectifier.watcher.probes import ActivationProbe, ParameterProbe, Tensors, probes
from rectifier.watcher.samples import Samples
from rectifier.watcher.steppers import TURNS, Stepper, Steppers
from rectifier.watcher.unnoticed import measuring, observable, unasked
from rectifier.watcher.unstepped import Unstepped
from rectifier.watcher.window import Seen, Window, measured

#: So many backward calls before the first step are all looked at, as its gradients may be accumulated over them.
EARLY = 64
#: After so many steps of others, the optimizer whose steps begin and end the looks is taken to be done.
IDLE = 64
#: Steps wait in the native lane for at most so many seconds before they are written.
WAITING = 0.25
#: Seconds of what each step passes in Python on its way to the lane, beyond what the lane itself can time: measured on
#: a small network's steps, which leave nothing of it in the caches (2 cores, torch 2.13).
WAY = 4e-6
#: So many steps that a GradScaler left out are recorded one by one.
MOST_SKIPS = 1000
#: Seconds that torch needs to hand one call to a function mode: about 1 µs on the machine this was measured on
#: (2 cores, torch 2.13), beyond what the mode itself can time.
DISPATCH = 1e-6


class Watcher:
    """Attached to this process from `attach` to `detach`."""

    def __init__(
        self,
        writer: Writer,
        budget: float,
        began: float,
        in_child: Callable[[], None] | None = None,
        missing: Mapping[str, str] | None = None,
    ) -> None:
        self._in_child = in_child  # what watches a forked child, which this watcher does not
        self._missing = {**compat.missing, **(missing or {})}
        self._writer, self._governor = writer, Governor(budget)
        self._pid = os.getpid()
        self._names, self._losses, self._ledger = Names(), Losses(), Ledger()
        found = probes()
        self._activation_probes = [(n, p) for n, p in found if isinstance(p, ActivationProbe)]
        parameter_probes = [(n, p) for n, p in found if isinstance(p, ParameterProbe)]
        self._steppers = Steppers(writer)
        self._parts = Parts(writer, lambda: self._steppers.step)
        self._networks = Networks(writer, self._names)
        self._threads, self._asked, self._samples = Threads(self._parts), Asked(), Samples()
        self._window = Window(self._names, self._networks, self._activation_probes, self._parts, on_weary=self._arm)
        self._parameters = Parameters(
            writer, self._names, self._networks, parameter_probes, self._parts, self._window.used
        )
        self._criteria = Criteria(writer.put, self._guarded, self._window.made, self._parameters.number_of)
        self._ownership = Ownership(writer, self._names, self._networks, self._steppers, self._parameters)
        self._unstepped = Unstepped(writer, self._steppers, self._window.leaves, self._names.modes)
        self._sites: dict[tuple[object, ...], int] = {}
        self._unread: list[tuple[int, int, Tensor, float | None, float]] = []  # steps with losses still on their device
        self._leader: Stepper | None = None  # whose steps begin and end the looks
        self._before_leader = 0  # steps of those that led before it, over which the governor counts on
        self._idle = 0  # steps that others have taken since its last one
        self._armed = False
        self._lane = Lane(Tensor, torch.float32, torch.float64, self._losses.scaled, compat.function_modes)
        self._on_lane: list[Stepper] = []  # the optimizers whose steps it notes
        self._compiled = False
        self._functional = False  # whether some pass goes through no module
        self._jumped = False  # whether the lane found the gradients of the step that begins far larger than usual
        self._within_backward = False  # whether optimizers step within the backward call
        self._stepping: Stepper | None = None  # the one whose step is running: it may call a closure
        self._evaluations = 0  # backward calls within it
        self._step_code: CodeType | None = None  # of torch's function around every optimizer's step
        self._since_step = 0  # backward calls since the last step
        self._last_loss: float | Tensor | None = None  # of the last backward call
        self._began = began  # when the process or the watched block began, by time.perf_counter
        self._own = 0.0  # seconds spent in callbacks since the last step
        self._entry = 0.0  # when the running callback began
        self._finite = True
        self._heard = True  # whether a backward call led to the last step
        self._taken = False  # whether an optimizer has stepped since GradScaler.step was called
        self._skips = 0
        self._undo: list[Callable[[], None]] = []
        self._in_place: dict[str, Callable[[], bool]] = {}  # whether what was installed is still there
        self._opener: Any = None
        self._method: _Method | None = None  # Tensor.backward, while a window may be open
        self._useful: dict[int, tuple[weakref.ref[Any], bool]] = {}

    # -- attaching ---------------------------------------------------------------------------------

    def attach(self) -> None:
        """Install the hooks; the first step is looked at."""
        versions = {"torch": torch.__version__, "python": platform.python_version()}
        if compat.newer_than_tested(torch.__version__):
            versions["newest_tested"] = ".".join(map(str, compat.NEWEST_TESTED))
        self._writer.begin_with(rows.Event(step=0, kind="versions", detail=json.dumps(versions)))
        self._parts.without(self._missing)
        handles = [
            torch_optimizer.register_optimizer_step_pre_hook(self._pre_hook()),
            torch_optimizer.register_optimizer_step_post_hook(self._post_hook()),
            self._names.install(),
        ]
        self._undo = [handle.remove for handle in handles]
        self._in_place = {
            f"torch's global {name} hooks": functools.partial(compat.is_registered, handle)
            for name, handle in zip(
                ("optimizer pre-step", "optimizer post-step", "module registration"), handles, strict=True
            )
        }
        self._replace(torch.autograd, "backward", self._backward)
        ours = torch.autograd.backward
        self._in_place["torch.autograd.backward"] = lambda: torch.autograd.backward is ours or self._heard
        self._method = _Method(torch.Tensor, "backward", self._tensor_backward)
        self._replace(torch.autograd, "grad", self._asked.wrap)
        self._replace(torch, "compile", self._compile)
        self._replace(torch.amp.GradScaler, "step", self._scaler_step)
        self._losses.install()
        self._criteria.install()
        self._undo += [self._losses.uninstall, self._criteria.uninstall, self._method.take_out]
        os.register_at_fork(after_in_child=self._forked)
        self._arm()

    def detach(self) -> None:
        """Take every hook out again and leave torch as it was."""
        if os.getpid() != self._pid:
            return
        self._window.close()
        self._parts.attempt("lane", self._leave)
        self._disarm()
        self._guarded("hooks", self._find_displaced)()
        for undo in reversed(self._undo):
            undo()
        self._undo = []
        self._guarded("losses", self._read_losses)()
        if self._since_step and not self._steppers:
            self._guarded("backward", self._unstepped.finish)(self._since_step)
        elif not self._steppers:
            self._asked.finish(self._parts)
        self._threads.finish()
        self._guarded("criteria", self._criteria.finish_passes)()

    def _find_displaced(self) -> None:
        """What the script has taken away or put something of its own in place of."""
        displaced = [name for name, in_place in self._in_place.items() if not in_place()]
        steps = [name for name in displaced if "optimizer" in name]
        if steps:
            lost = f"the script replaced or removed {' and '.join(steps)}"
            self._parts.unwatched(lost, "optimizer steps after that were not seen")
        for name in displaced:
            if name not in steps:
                self._parts.unseen(f"what came after the script replaced or removed {name}", "nothing calls it since")

    def _forked(self) -> None:
        # A worker of a DataLoader, or one that trains: a watcher of its own finds out.
        if not self._undo:
            return  # the watch had ended already
        self._window.close()
        self._parts.attempt("lane", self._leave)
        self._disarm()
        for undo in reversed(self._undo):
            undo()
        self._undo = []
        if self._in_child is not None:
            try:
                self._in_child()
            except Exception:  # noqa: BLE001  the child must run, watched or not
                pass

    def _replace(self, place: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        original = getattr(place, name)
        ours = wrap(original)
        setattr(place, name, ours)
        # What the script has put there since stays.
        self._undo.append(lambda: setattr(place, name, original) if getattr(place, name, None) is ours else None)

    def _guarded(self, part: str, function: Callable[..., Any]) -> Callable[..., None]:
        def guarded(*args: Any, **kwargs: Any) -> None:
            if self._threads.is_another():
                self._threads.note(part)
                return
            self._entry = time.perf_counter()
            self._parts.attempt("lane", self._leave)
            with own_warnings.ignored(), unasked():  # a mode of the script's own sees nothing of this
                self._parts.attempt(part, function, *args, **kwargs)
            self._own += time.perf_counter() - self._entry

        return guarded

    # -- wrapped torch functions -------------------------------------------------------------------

    def _backward(self, original: Any) -> Any:
        before = self._guarded("backward", self._before_backward)
        after = self._guarded("backward", self._after_backward)

        lane, window, threads = self._lane, self._window, self._threads

        @functools.wraps(original)
        def backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
            if window.in_backward and not threads.is_another():
                window.close()  # the segment of a checkpoint, computed again and now followed back
                original(tensors, *args, **kwargs)
                return
            if lane.backward(tensors):
                window.in_backward = True
            else:
                before(tensors)
            try:
                original(tensors, *args, **kwargs)
            finally:
                if not threads.is_another():
                    window.in_backward = False
            if not lane.ended():
                after()

        return backward

    def _scaler_step(self, original: Any) -> Any:
        skipped = self._guarded("skipped steps", self._skipped)
        leave = self._guarded("lane", self._leave)

        @functools.wraps(original)
        def step(scaler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            leave()
            self._taken = False
            result = original(scaler, optimizer, *args, **kwargs)
            if not self._taken:
                skipped()
            return result

        return step

    def _skipped(self) -> None:
        """A GradScaler has left out a step: its scale was too high. Neither a step nor an explosion."""
        self._ledger.skip()
        self._since_step = 0
        self._window.close()
        self._window.take()
        self._skips += 1
        if self._skips <= MOST_SKIPS:
            self._writer.put(rows.Event(step=self._steppers.step, kind="skipped", detail="{}"))

    def _tensor_backward(self, original: Any) -> Any:
        @functools.wraps(original)
        def backward(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            self._window.close()  # from inside the call the mode could not be taken off the stack
            return original(tensor, *args, **kwargs)

        return backward

    def _compile(self, original: Any) -> Any:
        leave = self._guarded("lane", self._leave)

        @functools.wraps(original)
        def compile(*args: Any, **kwargs: Any) -> Any:  # noqa: A001  torch's name
            leave()
            self._disarm()
            self._without_window()
            return original(*args, **kwargs)

        return compile

    def _without_window(self) -> None:
        """Something is compiled: a mode on the stack, or a hook on modules, would have it compiled again."""
        self._compiled = True
        self._criteria.uninstall()  # and what is compiled is torch's own
        self._parts.unseen(
            "activations under torch.compile", "seeing them would compile again; gradients and updates are seen"
        )
        self._window.close()

    # -- the backward call -------------------------------------------------------------------------

    def _before_backward(self, tensors: Any) -> None:
        self._window.close()
        self._threads.watch()
        self._window.in_backward = True
        self._window.passes.append(set())
        if self._armed and not self._functional:
            self._arm()  # for the segments of checkpoints, which are computed again
        self._last_loss = None
        if self._stepping is not None and not _called_by(sys._getframe(), self._step_code):
            self._stepping = None  # it broke off
        if (moved := self._steppers.bare or (self._stepping if self._evaluations else None)) is not None:
            self._parameters.measure(moved, moved.step - 1, moved=True)
        root = tensors if isinstance(tensors, Tensor) else next(iter(tensors), None)
        if self._armed and isinstance(root, Tensor):
            self._parts.attempt("lines", self._window.lines.passed, root)
        if not observable():
            return
        with measuring():
            self._last_loss = loss = self._losses.read(tensors)
            self._ledger.begin(loss, self._window.leaves() if self._armed else ())
        if self._finite and isinstance(loss, float | int) and not math.isfinite(loss) and isinstance(root, Tensor):
            self._finite = False
            with measuring():
                origin = non_finite_origin(root, self._window.lines) or {}
            detail = json.dumps({"what": "loss", "value": str(loss)} | origin)
            self._writer.put(rows.Event(step=self._steppers.step, kind="non-finite", detail=detail))

    def _after_backward(self) -> None:
        if observable():
            with measuring():
                self._ledger.end()
        if self._armed and not self._window.calls and not self._names.fast_path:
            self._functional = True  # a whole pass without a module: look without waiting for one
        self._since_step += 1
        if not self._steppers:
            if not self._unstepped.are_steps(self._since_step):
                if self._since_step < EARLY or self._unstepped.asked(self._since_step):
                    self._arm()  # for what else leads to its first step
                else:
                    self._disarm()
                    self._window.take()
                return
            self._steppers.start_bare(self._window.leaves)
        if (stepper := self._steppers.bare or self._stepping) is not None:
            if self._armed and (stepper.bare or self._evaluations):
                self._parameters.keep(stepper)
            self._evaluations += 1
            self._stepped(stepper, self._last_loss)
        elif self._armed:
            self._arm()  # for what else leads to this step: accumulated gradients, a second loss

    # -- the step ----------------------------------------------------------------------------------

    def _pre_hook(self) -> Callable[[Any, Any, Any], None]:
        before, lane = self._guarded("steps", self._before_step), self._lane

        def pre_hook(optimizer: Any, args: Any, kwargs: Any) -> None:
            if torch.compiler.is_compiling():
                return  # the step is being compiled, and we are not to be part of it
            if not lane.before(optimizer):
                before(optimizer, sys._getframe(1))

        return pre_hook

    def _post_hook(self) -> Callable[[Any, Any, Any], None]:
        after, lane = self._guarded("steps", self._after_step), self._lane

        def post_hook(optimizer: Any, args: Any, kwargs: Any) -> None:
            if not torch.compiler.is_compiling() and not lane.after(optimizer):
                after(optimizer)

        return post_hook

    def _before_step(self, optimizer: Any, frame: FrameType) -> None:
        self._window.close()
        if self._stepping is not None and _called_by(frame, frame.f_code):
            return  # the optimizer that another one is wrapped around: one step of both
        self._stepping, self._evaluations = self._steppers.of(optimizer), 0
        self._stepping.rate = _rate(optimizer)
        self._step_code = frame.f_code
        self._within_backward |= self._window.in_backward
        if self._jumped and not self._armed:
            coming = self._before_leader + (self._leader.steps if self._leader is not None else 0)
            # Its passes are over, but its gradients and what the step makes of them can be measured.
            self._armed = self._governor.call(coming, time.perf_counter() - self._began)
        self._jumped = False
        if self._armed:
            self._parameters.keep(self._stepping)

    def _after_step(self, optimizer: Any) -> None:
        stepper = self._steppers.of(optimizer)
        if self._stepping not in (stepper, None):
            return
        evaluated, self._stepping, self._evaluations = self._evaluations, None, 0
        self._taken = True
        stepper.rate = _rate(optimizer)
        if evaluated:  # each was a step
            self._parameters.measure(stepper, stepper.step - 1, moved=True)
            self._go_on()
        else:
            loss = self._last_loss
            if observable():
                with measuring():
                    loss = self._ledger.step(stepper.number, stepper.parameters)
            self._stepped(stepper, loss)

    def _stepped(self, stepper: Stepper, loss: float | Tensor | None) -> None:
        now = time.perf_counter()
        seconds = now - stepper.last if stepper.last else 0.0
        stepper.last = now
        self._heard = self._since_step > 0 or self._window.in_backward
        self._since_step = 0
        if isinstance(loss, Tensor):
            self._unread.append((stepper.step, stepper.number, loss, stepper.rate, seconds))
            if len(self._unread) >= 256:
                self._read_losses()
        else:
            self._writer.put_step(stepper.step, stepper.number, loss, stepper.rate, seconds)
        # Without an optimizer the script's own lines move the parameters after the backward call; so does an optimizer
        # that evaluates a closure. Then the rest is measured when the next pass begins.
        moved = not stepper.bare and self._stepping is None
        self._parameters.measure(stepper, stepper.step, moved=moved)
        stepper.steps += 1
        self._criteria.step = stepper.step
        if self._criteria.evaluated:
            self._parts.attempt("criteria", self._criteria.finish_passes)
        if self._leader is not stepper and self._begins(stepper):
            self._lead(stepper)
        self._idle = 0 if stepper is self._leader else self._idle + 1
        if stepper is self._leader:
            if self._armed:
                self._finish_look(stepper)
            else:
                self._governor.running(self._own)
                self._own = 0.0
            if self._governor.next(self._before_leader + stepper.steps, now - self._began):
                self._arm()
        self._go_on()

    def _begins(self, stepper: Stepper) -> bool:
        """Whether a new training has begun with this step, the other one of two that take turns goes on, or one that
        takes turns steps for the first time: the last of these ends a round."""
        return stepper.steps == 1 or self._leader is None or self._leader.is_gone() or self._idle > IDLE

    def _lead(self, stepper: Stepper) -> None:
        """From now on its steps begin and end the looks."""
        before = self._leader
        led = self._before_leader + (before.steps if before is not None else 0)
        self._leader, self._before_leader = stepper, led + 1 - stepper.steps
        if before is None or before.is_gone() or before.steps > TURNS:
            self._governor.restart(led)

    def _go_on(self) -> None:
        """After a step: see what leads to the next, or have the lane note it."""
        if self._armed:
            self._arm()
        elif self._stepping is None and not self._within_backward and self._steppers.bare is None:
            self._parts.attempt("lane", self._enter)

    def _read_losses(self) -> None:
        if self._unread:
            values = torch.stack([loss.double() for _, _, loss, _, _ in self._unread]).tolist()
            for (step, optimizer, _, rate, seconds), value in zip(self._unread, values, strict=True):
                self._writer.put_step(step, optimizer, value, rate, seconds)
                if self._finite and not math.isfinite(value):
                    self._finite = False
                    detail = json.dumps({"what": "loss", "value": str(value)})
                    self._writer.put(rows.Event(step=step, kind="non-finite", detail=detail))
            self._unread = []

    # -- the lane: what is done on almost every step, in native code -------------------------------

    def _enter(self) -> None:
        """Have the lane note the steps that come, until a look may be due or anything else is to be done."""
        leader = self._leader
        if leader is None or not all(self._parts.work(part) for part in ("backward", "steps", "lane")):
            return
        known = self._steppers.settled()
        accounts = self._ledger.states([s.number for _, s in known])
        if accounts is None:
            return
        self._ledger.settle()
        self._on_lane = [stepper for _, stepper in known]
        self._lane.enter(
            [
                (reference, s.number, s.step, s.last, s is leader, *account)
                for (reference, s), account in zip(known, accounts, strict=True)
            ],
            leader.first - self._before_leader + self._governor.ask(self._before_leader + leader.steps),
            IDLE,
            WAITING,
            self._idle,
            time.perf_counter(),
        )

    def _leave(self) -> None:
        """Close the lane, and take over what it has noted."""
        if not self._lane.is_open:
            return
        steps, last, loss, self._since_step, stepping, running, heard, self._jumped, self._idle, own = (
            self._lane.leave()
        )
        self._ledger.since_step, self._ledger.running = loss, running
        self._stepping, self._evaluations = None if stepping < 0 else self._on_lane[stepping], 0
        self._own += own + WAY * len(steps)
        self._writer.put_steps(steps)
        for stepper, (step, when, loss, stepped, left, began) in zip(self._on_lane, last, strict=True):
            stepper.steps, stepper.last = step - stepper.first, when
            self._ledger.restore(stepper.number, loss, stepped, left, began)
        if steps:
            self._heard, self._criteria.step = heard, steps[-1][0] + 1

    # -- the look ----------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Look at the coming step: at its gradients, and at its activations where that can be done unnoticed."""
        self._armed = self._criteria.looking = True
        if self._method is not None:
            self._method.put_in()
        if self._compiled or not self._parts.work("window"):
            return
        if self._functional and not self._window.in_backward:  # what is opened within ends with the call
            self._window.open()
        if self._opener is None:
            self._opener = torch_module.register_module_forward_pre_hook(self._guarded("window", self._entered))

    def _disarm(self) -> None:
        self._armed = self._criteria.looking = False
        if self._method is not None:
            self._method.take_out()
        if self._opener is not None:
            self._opener.remove()
            self._opener = None

    def _entered(self, module: torch.nn.Module, args: Any) -> None:
        """A module is called on a looked-at step: the first one that trains opens the window."""
        if self._window.weary or get_worker_info() is not None:
            # Inference, or the worker of a DataLoader. The next backward call looks again.
            self._window.close()
            if self._opener is not None:
                self._opener.remove()
                self._opener = None
            return
        if not torch.is_grad_enabled() or torch.compiler.is_compiling() or not observable():
            # Evaluation, or a trace. Some modules take another path when functions are seen, so they are not.
            if self._window.is_open:
                self._window.close()
            return
        reference, useful = self._useful.get(id(module), (None, False))
        if reference is None or reference() is not module:
            # Data augmentation is made of modules too: those have nothing to train.
            useful = any(p.requires_grad for p in module.parameters())
            self._useful[id(module)] = (weakref.ref(module), useful)
        if useful and not self._window.is_open:
            self._names.learn(module)
            self._window.open()
        if self._window.is_open and not self._names.fast_path and self._opener is not None:
            self._opener.remove()
            self._opener = None

    def _finish_look(self, stepper: Stepper) -> None:
        self._disarm()
        step = stepper.step - 1
        self._parts.attempt("networks", self._networks.reached, step, self._window.passes)
        inputs = self._window.inputs
        seen, cost, calls = self._window.take()
        by_site: dict[int, list[Seen]] = {}
        for s in seen:
            by_site.setdefault(self._site(s), []).append(s)
        tensors = [t for group in by_site.values() for s in group for ts in s.measured.values() for t in ts]
        fetched = fetch([*inputs, *tensors])
        distinct = self._samples.see([next(fetched) for _ in inputs])
        for site, group in by_site.items():
            for s in group:
                s.measured = {name: tuple(next(fetched) for _ in ts) for name, ts in s.measured.items()}
            for name, probe in self._activation_probes:
                for row in self._parts.attempt(name, _rows, probe, step, site, measured(group, name)) or ():
                    self._writer.put(row)
        self._parts.attempt("criteria", self._criteria.finish_look, step)
        self._parts.attempt("ownership", self._ownership.look, step, self._window.leaves(lately=True))
        self._read_losses()
        now = time.perf_counter()
        cost += calls * DISPATCH + self._own + now - self._entry
        self._own, self._entry = 0.0, now
        self._governor.spent(cost)
        self._writer.put(
            rows.Look(
                step=step,
                seconds=cost,
                calls=calls,
                total=self._governor.cost,
                elapsed=now - self._began,
                distinct=distinct,
            )
        )

    def _site(self, s: Seen) -> int:
        weight = self._parameters.number_of(s.weight() if s.weight is not None else None)
        key = (s.network, s.layer, s.applied.kind.name, s.nth, s.source, s.units, weight)
        if key in self._sites:
            return self._sites[key]
        after = s.after
        while after is not None and (not after.trained or after.is_of_same_layer(s)):
            after = after.after  # in a loop over time it comes after itself
        before = None if after is None else self._site(after)
        self._sites[key] = len(self._sites)
        self._writer.put(
            rows.Site(
                site=self._sites[key],
                network=s.network,
                layer=s.layer,
                weight=weight,
                nth=s.nth,
                after=before,
                activation=s.applied.kind.name,
                source=s.source,
                units=s.units,
                position=s.position,
                rectifies=s.applied.kind.rectifies,
                feeds=s.feeds,
            )
        )
        return self._sites[key]


class _Method:
    """A method of a class with something of ours in its place, at times."""

    def __init__(self, place: type, name: str, wrap: Callable[[Any], Any]) -> None:
        self._place, self._name, self._wrap = place, name, wrap
        self._original: Any = None
        self._ours: Any = None

    def put_in(self) -> None:
        """Ours in place of what is there."""
        there = getattr(self._place, self._name)
        if there is not self._ours:
            if self._original is not there:
                self._original, self._ours = there, self._wrap(there)
            setattr(self._place, self._name, self._ours)

    def take_out(self) -> None:
        """What was there; what the script has put there since stays."""
        if self._ours is not None and getattr(self._place, self._name, None) is self._ours:
            setattr(self._place, self._name, self._original)


def _rows(probe: ActivationProbe, step: int, site: int, seen: list[Tensors]) -> list[rows.Row]:
    return list(probe.rows(step, site, seen))


def _called_by(frame: FrameType, code: CodeType | None) -> bool:
    """Whether a call of this code led to a frame."""
    above = frame.f_back
    while above is not None and above.f_code is not code:
        above = above.f_back
    return above is not None


def _rate(optimizer: Any) -> float | None:
    return max((float(group["lr"]) for group in optimizer.param_groups if "lr" in group), default=None)
