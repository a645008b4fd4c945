"""Activations for PyTorch, in place of torch.nn's: the same but for time and memory.

`import rectifier.nn as nn` may replace `import torch.nn as nn`: activations are ours, all else is torch's. The only
package here that needs torch.

>>> import torch
>>> import rectifier.nn as nn
>>> nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.2))
Sequential(
  (0): Linear(in_features=2, out_features=3, bias=True)
  (1): LeakyReLU(negative_slope=0.2)
)
"""

from typing import Any

from torch import nn as _own

from rectifier import catalogue as _catalogue
from rectifier.nn import activations as _activations
from rectifier.nn import functional as functional
from rectifier.nn.clip import clip_grad_unit_ as clip_grad_unit_
from rectifier.nn.initialise import Initialised as Initialised
from rectifier.nn.initialise import init_for_ as init_for_
from rectifier.nn.lean import Lean as Lean
from rectifier.nn.lean import Stats as Stats
from rectifier.nn.lean import lean as lean
from rectifier.nn.revive import Reviver as Reviver
from rectifier.nn.revive import revive_ as revive_
from rectifier.nn.standardize import standardize_input_ as standardize_input_
from rectifier.nn.stopping import EarlyStopping as EarlyStopping
from rectifier.nn.swap import Swapped as Swapped
from rectifier.nn.swap import swap as swap

# Every member's class, by name, so that pickles find it.
globals().update(
    {_name: _activations.module(_catalogue.get(_member)) for _member, _name in _activations.names().items()}
)


def __getattr__(name: str) -> Any:
    """All that torch.nn has beside activations."""
    return getattr(_own, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_own)})
