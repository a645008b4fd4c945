"""`rectifier explain`: all that is known about one activation, or about one illness."""

import textwrap
from collections.abc import Iterable
from math import inf

import click
from rich.markdown import Markdown
from rich.text import Text

from rectifier import catalogue
from rectifier.catalogue import Activation, Facts
from rectifier.names import unknown
from rectifier.report.terminal import console


@click.command
@click.argument("name")
def command(name: str) -> None:
    """Explain an activation (definition, behaviour, where it is used, what speaks for and against it) or a rule (the
    illness, how it is measured, how to read it, traps, remedies).

    Examples: rectifier explain relu, rectifier explain dying-relu
    """
    if name in catalogue.names():
        _print_activation(catalogue.get(name))
        return
    from rectifier.diagnose.rules import rules

    if name in rules():
        _print_rule(rules()[name].documentation)
        return
    raise click.UsageError(unknown("name", name, [*catalogue.names(), *rules()]))


def _print_rule(documentation: str) -> None:
    output = console()
    output.width = min(output.width, 100)
    title, _, text = documentation.partition("\n")
    output.print(Text(title, style="bold cyan"))
    output.print(Markdown(text))


def _print_activation(member: Activation) -> None:
    facts = member.facts(*member.defaults)
    page = _Page()
    page.title(f"{member.title}: rectifier.{member.name}")
    page.text(member.summary)
    page.heading("Definition")
    page.text(member.text)
    page.text(member.text_slope)
    for parameter in member.parameters:
        learned = "learned in training" if parameter.learned else "fixed"
        page.text(
            f"{parameter.name}, default {parameter.default:g}, in {parameter.domain}, {learned}: {parameter.meaning}."
        )
    if member.ordered:
        page.text(" ≤ ".join(parameter.name for parameter in member.parameters) + ".")
    page.heading("Behaviour" + _of_what(member))
    for label, fact in _behaviour(member, facts):
        page.fact(label, fact)
    page.heading("Where it is used")
    page.text(member.used)
    page.heading("Advantages")
    page.items(member.advantages)
    page.heading("Disadvantages")
    page.items(member.disadvantages)
    page.heading("Alternatives")
    page.items(f"{other.name}, when {other.when}" for other in member.alternatives)
    page.heading("History")
    page.text(member.history)
    page.heading("Sources")
    page.items(f"{source.citation} For {source.contribution}." for source in member.sources)


def _behaviour(member: Activation, facts: Facts) -> list[tuple[str, str]]:
    kinks = "; ".join(
        f"at {_number(kink.at)} the slope jumps from {_number(kink.left)} to {_number(kink.right)}; "
        f"{_number(kink.taken)} is taken there"
        if kink.left != kink.right
        else f"at {_number(kink.at)} the slope {_number(kink.taken)} is taken"
        for kink in facts.kinks
    )
    if facts.jumps:
        kinks = f"the value jumps at {' and '.join(map(_number, facts.jumps))}; {kinks}"
    left, right = facts.saturation
    stretches = " and ".join(map(str, facts.zero_slope))
    where = "b" if member.kind == "gated" else "x"
    dead = f"for {where} in {stretches}: a unit that stays there is dead" if stretches else "nowhere"
    return [
        ("range", str(facts.range)),
        ("monotonicity", facts.monotonicity),
        ("smoothness", facts.smoothness + (f": {kinks}" if kinks else "")),
        ("slope far out", f"{_number(left)} to the left, {_number(right)} to the right"),
        ("slope exactly 0", dead),
        ("Lipschitz constant", "none" if facts.lipschitz == inf else _number(facts.lipschitz)),
        ("initialisation gain", "none" if facts.gain is None else f"{facts.gain:.4g}"),
        ("NaN", "gives NaN, in value and derivative"),
        *((f"{where} = {_number(e.at)}", f"value {_number(e.value)}, slope {_number(e.slope)}") for e in facts.edges),
        ("backward keeps", member.backward_keeps),
        ("cost", member.cost),
    ]


def _of_what(member: Activation) -> str:
    """What the facts are about, where that is not plain."""
    if member.kind == "gated":
        return " (smoothness, slopes and values: by b, where a is 1)"
    if member.kind == "concatenated":
        return " (smoothness, slopes and values: of the first half)"
    return " (with the defaults)" if member.parameters else ""


def _number(x: float) -> str:
    """
    >>> _number(float("-inf")), _number(-0.0), _number(1 / 6)
    ('−∞', '−0', '0.166667')
    """
    return f"{x:g}".replace("inf", "∞").replace("-", "−")


class _Page:
    """Paragraphs, headings and lists, wrapped to the terminal, or to 80 columns where there is none."""

    def __init__(self) -> None:
        self.console = console()

    def title(self, text: str) -> None:
        self.console.print(Text(text, style="bold cyan"))
        self.console.print()

    def heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def text(self, text: str) -> None:
        self._hanging("  ", text)

    def items(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._hanging("  - ", text)

    def fact(self, label: str, text: str) -> None:
        self._hanging(f"  {label:<20} ", text)

    def _hanging(self, label: str, text: str) -> None:
        """A paragraph whose later lines are indented by the label's width. Lines carry no trailing blanks."""
        width = max(20, self.console.width - len(label) - 1)
        for index, line in enumerate(textwrap.wrap(text, width, break_on_hyphens=False)):
            self.console.print(Text(label if index == 0 else " " * len(label), style="dim") + Text(line))
