"""Draw the first weights anew, for the activation behind each layer, before the first training pass.

`scheme` is `catalogue` (He, Glorot or LeCun, by the gain of the activation that follows: `rectifier.nn.init_for_`) or
`orthogonal` (orthogonal matrices times the same gain). Biases begin at zero. What a checkpoint had brought is lost.

With an `activation`, weights that belong to no module are drawn for it when an optimizer gets them; their biases stay.
"""

from typing import TYPE_CHECKING, Any, Literal

from rectifier import catalogue

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"scheme": "catalogue", "activation": None}
SAFETY = "unsafe"
NAMES = {
    "he-initialization": ({"scheme": "catalogue"},),
    "glorot-initialization": ({"scheme": "catalogue"},),
}
ILLNESSES = {
    "poor-initialization": ({"scheme": "catalogue"}, {"scheme": "orthogonal"}),
    "born-dead-relu": ({"scheme": "catalogue"}, {"scheme": "orthogonal"}),
    "vanishing-gradient": ({"scheme": "catalogue"}, {"scheme": "orthogonal"}),
    "exploding-gradient": ({"scheme": "catalogue"}, {"scheme": "orthogonal"}),
    "saturated-activation": ({"scheme": "catalogue"},),
    "loss-plateau": ({"scheme": "catalogue"},),
    "non-finite": ({"scheme": "catalogue"},),
}


_DRAWN: dict[str, Literal["normal", "orthogonal"]] = {"catalogue": "normal", "orthogonal": "orthogonal"}


def label(scheme: str, activation: str | None) -> str:
    if scheme == "orthogonal":
        return "orthogonal-initialization"
    member = catalogue.get(activation or "relu")
    return f"{'glorot' if member.facts(*member.defaults).saturation == (0, 0) else 'he'}-initialization"


def summary(scheme: str, activation: str | None) -> str:
    what = "model" if activation is None else f'weights, "{activation}"'
    drawn = "" if scheme == "catalogue" else f', distribution="{_DRAWN[scheme]}"'
    return f"Initialize each layer for the activation that follows it: rectifier.nn.init_for_({what}{drawn})."


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    def draw(what: Any, activation: str | None = None) -> None:
        from rectifier.nn.initialise import init_for_

        acted = script.acted["initialise"]
        with script.undisturbed(salt=acted):
            script.acted["initialise"] += len(init_for_(what, activation, _DRAWN[parameters["scheme"]]))

    script.on_model(draw)
    if (activation := parameters["activation"]) is not None:
        script.on_bare(lambda weights: draw(weights, activation))


def edit(code: "Code", scheme: str, activation: str | None) -> bool:
    drawn = "" if scheme == "catalogue" else f', distribution="{_DRAWN[scheme]}"'
    if activation is None:
        return code.before_optimizer(f"rectifier.nn.init_for_({{model}}{drawn})", needs="rectifier.nn")
    return code.after_optimizer(f'rectifier.nn.init_for_({{parameters}}, "{activation}"{drawn})', needs="rectifier.nn")
