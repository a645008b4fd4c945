"""Which activation stands behind a layer, as the tree of modules has it: for layers that cannot be seen at work.

In a chain of modules it is the next one, past what has no matrix of weights (normalisation, dropout, pooling). Other
modules call their children in an order of their own: there it is the only kind of activation that the module has.
"""

from collections.abc import Iterable

from torch import Tensor, nn

from rectifier.watcher.activations import Kind, kind_of


def activation_behind(weight: Tensor, root: nn.Module) -> Kind | None:
    """The activation that the layer with this weight feeds; None where the tree does not say.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))
    >>> activation_behind(net[0].weight, net).name, activation_behind(net[3].weight, net)
    ('relu', None)
    """
    parents = {id(child): parent for parent in root.modules() for child in parent.children()}
    owners = [m for m in root.modules() if any(p is weight for p in m._parameters.values())]
    if len(owners) != 1:
        return None
    module = owners[0]
    while (parent := parents.get(id(module))) is not None:
        if not isinstance(parent, nn.Sequential):
            return _only_kind(parent)
        children = list(parent.children())
        place = next(i for i, child in enumerate(children) if child is module)
        for leaf in _leaves(children[place + 1 :]):
            if (kind := kind_of(leaf)) is not None:
                return kind
            if any(p.dim() > 1 for p in leaf.parameters(recurse=False)):
                return None
        module = parent
    return None


def _only_kind(module: nn.Module) -> Kind | None:
    kinds = {kind for m in module.modules() if (kind := kind_of(m)) is not None}
    return kinds.pop() if len(kinds) == 1 else None


def _leaves(modules: Iterable[nn.Module]) -> Iterable[nn.Module]:
    """Each module, or what it is made of: in a chain the order is known."""
    for module in modules:
        children = list(module.children())
        yield from _leaves(children) if children else (module,)
