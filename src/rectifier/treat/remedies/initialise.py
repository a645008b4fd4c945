"""Draw the first weights anew, for the activation behind each layer, before the first training pass.

`scheme` is `catalogue` (He, Glorot or LeCun, by the gain of the activation that follows: `rectifier.nn.init_for_`) or
`orthogonal` (orthogonal matrices times the same gain). Biases begin at zero. What a checkpoint had brought is lost.
"""

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"scheme": "catalogue"}
SAFETY = "unsafe"
NAMES = {
    "he-initialization": ({"scheme": "catalogue"},),
    "glorot-initialization": ({"scheme": "catalogue"},),
    "orthogonal-initialization": ({"scheme": "orthogonal"},),
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


def summary(scheme: str) -> str:
    if scheme == "orthogonal":
        return (
            "Initialise the layers with orthogonal weights (nn.init.orthogonal_) of the activation's gain, biases zero."
        )
    return "Initialise each layer for the activation behind it: rectifier.nn.init_for_(model)."


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    done: weakref.WeakSet[Any] = weakref.WeakSet()

    def draw(model: Any) -> None:
        from torch.nn.init import orthogonal_

        from rectifier.nn.initialise import init_for_

        with script.undisturbed(salt=len(done)):
            done.add(model)
            layers = dict(model.named_modules())
            for each in init_for_(model):
                script.acted["initialise"] += 1
                if parameters["scheme"] == "orthogonal":
                    weight = layers[each.layer].weight
                    fan = weight[0].numel()
                    orthogonal_(weight, gain=each.std * fan**0.5)

    script.on_model(draw)


def edit(code: "Code", scheme: str) -> bool:
    if scheme != "catalogue":
        return False
    return code.before_optimizer("rectifier.nn.init_for_({model})", needs="rectifier.nn")
