"""Draw the first weights anew, for the activation behind each layer, before the first training pass.

`scheme` is `catalogue` (He, Glorot or LeCun, by the gain of the activation that follows: `rectifier.nn.init_for_`) or
`orthogonal` (orthogonal matrices times the same gain). Biases begin at zero. What a checkpoint had brought is lost.

Where another remedy exchanges activations, they are drawn for the new ones, as those of the changed script are.

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
    distribution = _DRAWN[parameters["scheme"]]

    def model(what: Any) -> None:
        from rectifier.nn.initialise import draw, following

        found = {layer: script.follows(layer, activation) for layer, activation in following(what).items()}
        with script.undisturbed(salt=script.acted["initialise"]):
            script.acted["initialise"] += len(draw(what, found, None, distribution))

    def bare(weights: Any) -> None:
        from rectifier.nn.initialise import init_for_

        with script.undisturbed(salt=script.acted["initialise"]):
            script.acted["initialise"] += len(init_for_(weights, parameters["activation"], distribution))

    script.on_model(model)
    if parameters["activation"] is not None:
        script.on_bare(bare)


def edit(code: "Code", scheme: str, activation: str | None) -> bool:
    drawn = "" if scheme == "catalogue" else f', distribution="{_DRAWN[scheme]}"'
    if activation is None:
        return code.before_optimizer(f"rectifier.nn.init_for_({{model}}{drawn})", needs="rectifier.nn")
    return code.after_optimizer(f'rectifier.nn.init_for_({{parameters}}, "{activation}"{drawn})', needs="rectifier.nn")
