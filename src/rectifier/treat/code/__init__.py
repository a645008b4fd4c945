"""The user's file as a tree that keeps every space and comment (LibCST), and the changes that remedies stand for.

A change says whether it found its place; where it did not, the file is as it was. What a name means is taken from the
file's own imports: `nn.ReLU`, `torch.nn.ReLU` and an imported `ReLU` are one thing, and a user's own `relu` is not.
"""

import difflib
import re
from collections.abc import Callable, Collection, Sequence

import libcst as cst
from libcst import matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import MetadataWrapper

from rectifier.treat.code.activations import Activations, Used, meanings
from rectifier.treat.code.evaluation import StopsEarly
from rectifier.treat.code.meanings import settle
from rectifier.treat.code.optimizers import (
    GroupRates,
    HandSteps,
    OptimizerCalls,
    Optimizers,
    SetRates,
    UnclearError,
    clear,
)
from rectifier.treat.code.statements import Beside, Steps, needed, steps_in_sight
from rectifier.treat.code.tree import COMMA, is_named, number, parameters_of, renamed, scaled, text_of, with_argument

NotParsedError = cst.ParserSyntaxError


class Code:
    """One file. Changes are made one after the other; `text` is what has become of it."""

    def __init__(self, text: str, names: Collection[str] | None = None, beside: "Sequence[Code]" = ()) -> None:
        """`names`: what other files use of this one (None: all of it); `beside`: the user's files that it uses."""
        self.before = text
        self.beside = beside
        self._names = names
        self.why = ""  #: why the last change that found no place found none, where that is known
        self.keys: set[str] = set()  #: texts that choose an activation that was to be exchanged
        self._tree = cst.parse_module(text)

    @property
    def text(self) -> str:
        return self._tree.code

    def diff(self, name: str) -> str:
        """What has changed, as a unified diff that `patch` takes; empty if nothing has."""
        end = "\t" if " " in name else ""  # or `patch` reads a name up to its first blank
        lines = difflib.unified_diff(
            _lines(self.before), _lines(self.text), f"a/{name}{end}", f"b/{name}{end}", lineterm="\n"
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    @property
    def activations(self) -> set[str]:
        """The activations of torch's that the used part of the file names."""
        visitor = Used()
        MetadataWrapper(self._used, unsafe_skip_copy=True).visit(visitor)
        return visitor.names

    # -- changes -------------------------------------------------------------------------------------

    def scale_rates(self, factor: float) -> bool:
        """Multiply the rates that optimizers are made with: `lr=0.1` becomes `lr=0.01`, `lr=x` `lr=x * 0.1`.

        A parameter group with a rate of its own keeps its share of the others': it is multiplied as well.
        """
        defaults = {"SGD": 1e-3, "Adam": 1e-3, "AdamW": 1e-3, "RMSprop": 1e-2, "Adagrad": 1e-2}
        tree = self._tree

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            if any(argument.star for argument in call.args):
                raise UnclearError
            for index, argument in enumerate(call.args):
                if is_named(argument, "lr") or (index == 1 and argument.keyword is None):
                    changed = argument.with_changes(value=scaled(argument.value, factor))
                    return call.with_changes(args=[*call.args[:index], changed, *call.args[index + 1 :]])
            if kind in defaults:
                return with_argument(call, "lr", number(defaults[kind] * factor))
            return None

        try:
            in_groups = GroupRates(factor, tree)
            self._tree = tree.visit(in_groups)
        except UnclearError:
            return False
        if not self._change_optimizers(change):
            self._tree = tree
            return False
        return True

    def scale_set_rates(self, factor: float) -> bool:
        """Multiply the learning rates that schedulers and the script itself set later.

        `OneCycleLR(optimizer, max_lr=0.1)`, `group["lr"] = 0.1`; what is made of another rate of a group, as in
        `group["lr"] *= 0.5`, stays. False where that cannot be told from the file, which then stays as it is.
        """
        try:
            self._tree = MetadataWrapper(self._tree, unsafe_skip_copy=True).visit(SetRates(factor, self._tree))
        except UnclearError:
            return False
        return True

    def scale_steps(self, factor: float) -> bool:
        """Multiply the steps that a script without an optimizer takes itself: `w -= lr * w.grad`."""
        visitor = HandSteps(factor)
        self._tree = self._tree.visit(visitor)
        return visitor.changed

    def set_argument(self, name: str, value: str) -> bool:
        """Make every optimizer with this value of an argument."""

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            clear(call, name, self._tree)
            for index, argument in enumerate(call.args):
                if is_named(argument, name):
                    changed = argument.with_changes(value=cst.parse_expression(value))
                    return call.with_changes(args=[*call.args[:index], changed, *call.args[index + 1 :]])
            return with_argument(call, name, value)

        return self._change_optimizers(change)

    def replace_optimizer(self, new: str, arguments: str, old: Sequence[str]) -> bool:
        """Make another optimizer of the same parameters; its weight decay stays, its other arguments go."""

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            if kind not in old or not call.args:
                return None
            clear(call, "lr", self._tree)
            kept = [call.args[0], *(a for a in call.args[1:] if is_named(a, "weight_decay"))]
            given = cst.ensure_type(cst.parse_expression(f"f({arguments})"), cst.Call).args
            kept = [a.with_changes(comma=COMMA) for a in (kept[0], *given, *kept[1:])]
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return call.with_changes(func=renamed(call.func, f"torch.optim.{new}"), args=kept)

        return self._change_optimizers(change)

    def before_steps(self, statement: str, needs: str) -> bool:
        """Put a statement in front of every step; `{parameters}` are those of its optimizer."""
        put = self._around_steps(lambda optimizer: [statement.format(parameters=parameters_of(optimizer))], ())
        return put and self._imports(needs)

    def add_schedule(self, schedule: str) -> bool:
        """Make a scheduler behind every optimizer and step it behind every step; `{optimizer}` is the optimizer.

        Where the steps are out of sight of the scheduler, in another function or class, the optimizer itself steps it.
        """
        found = Optimizers(self._tree)
        if not found.targets:
            return False
        in_sight = {target for target in found.targets if steps_in_sight(self._tree, target)}
        for target in found.targets:
            name = f"{target}_schedule"
            if target not in in_sight:
                self._insert(target, f"{target}.register_step_post_hook(lambda *_: {name}.step())", after=True)
            self._insert(target, f"{name} = {schedule.format(optimizer=target)}", after=True)
        self._around_steps(lambda _: (), lambda target: [f"{target}_schedule.step()"] if target in in_sight else [])
        return self._imports("torch")

    def before_optimizer(self, statement: str, needs: str, *, called: bool = False) -> bool:
        """Put a statement once for every model in front of where the first optimizer is made of `{model}.parameters()`.

        `called`: only if every such model is also called by this name somewhere in the file.
        """
        found = Optimizers(self._tree)
        models = {model: target for target, model in reversed(found.models.items()) if model is not None}
        names = {text_of(cst.ensure_type(call, cst.Call).func) for call in m.findall(self._tree, m.Call())}
        if not models or (called and not set(models) <= names):
            return False
        for model, target in reversed(models.items()):
            self._tree = self._tree.visit(Beside(target, statement.format(model=model), after=False, once=True))
        return self._imports(needs)

    def after_optimizer(self, statement: str, needs: str) -> bool:
        """Put a statement behind where each optimizer is made: of `{model}.parameters()` where the statement names the
        model, else of no module's. `{parameters}` are those of the `{optimizer}`.
        """
        found = Optimizers(self._tree).models
        if not found or any(("{model}" in statement) != (model is not None) for model in found.values()):
            return False
        for target, model in found.items():
            put = statement.format(model=model, optimizer=target, parameters=parameters_of(target))
            self._insert(target, put, after=True)
        return self._imports(needs)

    def stop_early(self, statement: str, needs: str) -> bool:
        """Leave the loop over epochs when what `statement` makes says so of the loss of an evaluation; `{model}` is the
        model, whose parameters the only optimizer was made of.
        """
        found = Optimizers(self._tree)
        models = set(found.models.values())
        if len(models) != 1 or (model := models.pop()) is None:
            return False
        visitor = StopsEarly(self._tree, set(found.targets), model, statement.format(model=model))
        self._tree = self._tree.visit(visitor)
        return visitor.changed and self._imports(needs)

    def replace_activation(self, old: Sequence[str], new: str, values: Sequence[float]) -> bool:
        """Use another activation wherever torch's own is used: as a class, a function or a method, or by a setting that
        chooses it; in this file and in those `beside` it. What a name means stays: see `meanings.py`.
        """
        files = [self, *self.beside]
        parts = [MetadataWrapper(file._used, unsafe_skip_copy=True) for file in files]
        found = [meanings(old, new) for _ in files]
        for part, meaning in zip(parts, found, strict=True):
            part.visit(meaning)
        self.why = settle(found)
        self.keys = self.keys.union(*(meaning.keys for meaning in found))
        visitors = [Activations(old, new, values, meaning) for meaning in found]
        trees = [part.visit(visitor) for part, visitor in zip(parts, visitors, strict=True)]
        if self.why or any(visitor.impossible for visitor in visitors):
            return False
        if not any(visitor.changed for visitor in visitors):
            if self.keys:
                self.why = f"a setting chooses the activation by the name {min(self.keys)!r}, and was not found"
            return False
        for file, tree, visitor in zip(files, trees, visitors, strict=True):
            file._put_back(tree)
            if visitor.needs_torch:
                file._imports("torch")
        return True

    # -- how -----------------------------------------------------------------------------------------

    @property
    def _used(self) -> cst.Module:
        """The statements that are used: all, or what the names are and what these need."""
        return self._tree.with_changes(body=[self._tree.body[place] for place in self._places])

    def _put_back(self, part: cst.Module) -> None:
        body = list(self._tree.body)
        for place, statement in zip(self._places, part.body, strict=True):
            body[place] = statement
        self._tree = self._tree.with_changes(body=body)

    @property
    def _places(self) -> list[int]:
        body = self._tree.body
        return list(range(len(body))) if self._names is None else needed(body, self._names)

    def _change_optimizers(self, change: Callable[[cst.Call, str], cst.Call | None]) -> bool:
        wrapper = MetadataWrapper(self._tree, unsafe_skip_copy=True)
        visitor = OptimizerCalls(change)
        try:
            self._tree = wrapper.visit(visitor)
        except UnclearError:
            return False
        return visitor.changed

    def _around_steps(
        self,
        before: Callable[[str], Sequence[str]],
        after: Callable[[str], Sequence[str]] | tuple[()],
    ) -> bool:
        unscaled = {text_of(call) for call in m.findall(self._tree, m.Call(func=m.Attribute(attr=m.Name("unscale_"))))}
        visitor = Steps(set(Optimizers(self._tree).targets), before, after or (lambda optimizer: ()), unscaled)
        self._tree = self._tree.visit(visitor)
        return visitor.changed

    def _insert(self, target: str, statement: str, *, after: bool) -> None:
        self._tree = self._tree.visit(Beside(target, statement, after=after))

    def _imports(self, module: str) -> bool:
        context = CodemodContext()
        AddImportsVisitor.add_needed_import(context, module)
        self._tree = AddImportsVisitor(context).transform_module(self._tree)
        return True


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: a form feed, say, ends none."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
