"""The typed rows of a record: one class is one table, one field one column.

`SCHEMA` is raised whenever a table changes its meaning; a reader refuses a record that is newer than itself.
"""

from dataclasses import dataclass

SCHEMA = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that trained, the first row of its file."""

    process: int  #: number in the file's name: its rank, if it has one and no other process of the run had it before
    rank: int  #: in distributed training; 0 otherwise
    world: int  #: how many ranks there are; 1 otherwise
    pid: int  #: number of the process, as the system knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """An optimizer that stepped. Without any, the backward calls are the steps and `kind` is `backward`."""

    optimizer: int  #: number in order of first step, from 0
    kind: str  #: class name, `SGD`, `Adam`, ...
    parameters: int  #: how many scalars it updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One optimizer step, or one backward call where there is no optimizer or where a step evaluates a closure. Of a
    long run every 2nd, 4th, ... stays, and of each optimizer the last, those with the lowest and the highest loss, and
    the first that was not finite.
    An optimizer that begins after another has taken more than a few steps goes on from that one's number."""

    step: int  #: number of this optimizer's step, from 0
    optimizer: int  #: `Optimizer.optimizer`
    loss: float | None  #: sum of the losses whose gradients the step applies; None if none was a scalar
    rate: float | None  #: largest learning rate among its parameter groups
    seconds: float  #: since this optimizer's step before, 0 for the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One step that was looked at; in a long run, of old looks every other is put together with the next."""

    step: int
    seconds: float  #: what looking cost, as measured inside the process
    calls: int  #: torch functions seen
    total: float  #: seconds that watching has cost so far, on these steps and all others
    elapsed: float  #: seconds since the process, or the watched block, began
    distinct: int | None = None  #: different samples so far (512 of a look at most); None: unknown, or 10,000
    looks: int = 1  #: how many looks this row stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An outermost module that was trained: one that is in no other."""

    network: int  #: number in order of first sight, from 0
    name: str  #: of the variable or attribute that holds it (`actor`, `critics[0]`), else of its class
    structure: str  #: its class, and the names and shapes of its parameters in short: equal for copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where an activation is applied: the layer that fed it, the activation, the line of the call."""

    site: int  #: number in order of first sight, from 0
    network: int | None  #: `Network.network`; None where no module is used
    layer: str  #: dotted path of the module that owns the weights feeding it, or the variable's name
    weight: int | None  #: `Parameter.parameter` of the weight that feeds it, where that is a measured parameter
    nth: int  #: how many activations lie between that layer and this one
    after: int | None  #: the site before it on the longest way through the network; None: the first
    activation: str  #: catalogue name, `relu`, ...
    source: str  #: `file:line` of the call in the user's code
    units: int  #: channels of a convolution, features of a linear layer
    position: int  #: how many activations were applied before it in its first forward pass
    rectifies: bool  #: whether it has a region of zero slope, so that a unit can be dead
    feeds: bool  #: whether a layer takes what it gives; an output of the network feeds none


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many samples each unit of a site was active for (slope not zero), in one look."""

    step: int
    site: int
    seen: int  #: samples seen
    active: bytes  #: little-endian uint32 per unit: samples with a non-zero slope at any position
    non_zero: int  #: how many outputs, over all samples, units and positions, are not exactly zero
    outputs: int  #: how many there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """How far a site whose activation is bounded is stuck where its slope is below 1% of the largest, in one look."""

    step: int
    site: int
    share: float  #: of all outputs
    stuck: float  #: share of the units that are there for more than 95% of their outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Size of the pre-activations of a site, in one look."""

    step: int
    site: int
    rms: float  #: root mean square over everything
    spread: float  #: root of the mean over units of the variance across samples and positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Size of the backward signal at a site (gradient of the loss by the activation's output), in one look."""

    step: int
    site: int
    rms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter that an optimizer updates, or that was used in a forward pass where there is no optimizer."""

    parameter: int  #: number in order of first sight, from 0
    network: int | None  #: `Network.network`; None where it is in no module
    name: str  #: dotted name as `named_parameters()` of the outermost module gives it, or the variable's
    shape: str  #: sizes joined by x, `256x64`
    optimizer: int
    position: int  #: place within its optimizer
    feeds: str | None  #: the activation behind its layer, by the tree of modules; None where that does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient:
    """Size of a parameter's gradient at the step, in one look (after unscaling and clipping)."""

    step: int
    parameter: int
    norm: float | None  #: Euclidean norm; None if it had no gradient
    weight: float  #: Euclidean norm of the parameter itself, after the step


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How far a step moved a weight matrix, in one look: estimated on at most 4096 evenly spaced entries."""

    step: int
    parameter: int
    ratio: float  #: norm of the update over norm of the parameter before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which units of a weight matrix, or entries of a bias, got a gradient that is not exactly zero, in one look. Only
    of layers that were not seen at work, compiled ones for instance: their gradients alone tell what their activations
    did."""

    step: int
    parameter: int
    looks: int  #: 1; more where looks have been put together
    reached: bytes  #: little-endian uint32 per unit: at how many of them it got one


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much the units of a weight matrix differ from each other, in one look: judged by the first 16 of them."""

    step: int
    parameter: int
    spread: float  #: norm of what is left when the units' mean is taken away, over norm of the units; 0: all alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What a loss function of torch gave on a training step that was looked at, as a mean over its terms."""

    step: int
    name: str  #: torch's name of it, `cross_entropy_loss`
    source: str  #: `file:line` of the call
    value: float  #: mean over its terms
    trivial: float | None  #: loss of the best prediction that ignores the input, over all targets so far; None: unknown
    samples: int  #: of the step
    layer: str | None  #: dotted path of the module whose outputs it was given; None if it is not known
    weight: int | None  #: `Parameter.parameter` of the weight of that layer, which may be another layer's as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation pass: the calls of one loss function from one place, without gradients, between two steps."""

    step: int  #: training steps taken before it
    name: str  #: torch's name of the loss function
    source: str  #: `file:line` of the call and of what called it, the innermost first, joined by ` < `
    loss: float  #: mean over samples
    batches: int  #: calls
    samples: int  #: in all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened once: the first non-finite value, a part of the watcher that failed, ..."""

    step: int
    kind: str  #: `versions`, `non-finite`, `unseen`, `unwatched`, `ownership`, `scheduled`, `skipped`, `ended`, ...
    detail: str  #: JSON object, its keys depend on the kind


Row = (
    Process
    | Optimizer
    | Step
    | Look
    | Network
    | Site
    | Activity
    | Saturation
    | Scale
    | Signal
    | Parameter
    | Gradient
    | Update
    | Reach
    | Difference
    | Criterion
    | Evaluation
    | Event
)
TABLES: tuple[type[Row], ...] = Row.__args__
