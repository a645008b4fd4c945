"""A comparison of activations, for a terminal."""

from rich.console import Group, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rectifier.diagnose.words import counted
from rectifier.treat.comparison import Choice, Comparison, Spread


def render(comparison: Comparison) -> RenderableType:
    """Every activation in a row, the best first, and the answer."""
    ran = f"{counted(len(comparison.trials), 'trial')}, {comparison.seconds:.0f} s"
    head = Text.assemble(("compared", "bold"), f"  {comparison.script}", (f"  {ran}", "dim"))
    by_evaluation = comparison.by == "eval_loss"
    losses = _table("activation", "loss", "lowest", *(["evaluation loss", "lowest"] if by_evaluation else []))
    to = f"to match\n{comparison.reference}"
    costs = _table("activation", f"steps {to}", f"seconds {to}", "dead", "memory kept\nfor backward", "time\nper step")
    for choice in comparison.choices:
        losses.add_row(*_losses(choice, by_evaluation=by_evaluation))
        costs.add_row(*_costs(choice))
    said = [f"{c.activation} {c.failed}" for c in comparison.choices if c.failed]
    return Group(
        Line("rectifier", style="dim", align="left"),
        head,
        losses,
        Text(),
        costs,
        Text(
            f"Means over {len(comparison.choices[0].results)} seeds, ± standard deviation. To match: until the "
            f"training loss is what {comparison.reference} ends with. Memory: for one backward pass.",
            style="dim",
        ),
        *(Text(f"note  {each}", style="dim") for each in said),
        Text(comparison.answer, style="bold"),
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, justify="left" if name == "activation" else "right", no_wrap=True)
    return table


def _losses(choice: Choice, *, by_evaluation: bool) -> list[RenderableType]:
    name = Text(choice.activation, style="bold")
    if choice.is_reference:
        name.append(" (as it is)", style="dim")
    evaluation = [_number(choice.eval_loss), _number(choice.best_eval_loss)] if by_evaluation else []
    return [name, _number(choice.loss), _number(choice.best_loss), *evaluation]


def _costs(choice: Choice) -> list[RenderableType]:
    return [
        Text(choice.activation, style="bold"),
        _mean(choice.steps_to_reference, ".0f") or "never",
        _mean(choice.seconds_to_reference, ".2f"),
        f"{choice.dead} of {choice.units}" if choice.units else "",
        f"{choice.saved_bytes / 1024:.0f} kB" if choice.saved_bytes is not None else "",
        f"{choice.step_seconds * 1e3:.2f} ms" if choice.step_seconds is not None else "",
    ]


def _number(spread: Spread | None) -> str:
    return f"{spread.mean:.3g} ±{spread.deviation:.1g}" if spread is not None else ""


def _mean(spread: Spread | None, form: str) -> str:
    return f"{spread.mean:{form}}" if spread is not None else ""
