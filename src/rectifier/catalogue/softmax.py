"""Softmax: scores to probabilities."""

from typing import Any

from rectifier.catalogue._record import Activation, Alternative, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    powers = xp.exp(x - xp.amax(x, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


def slope(xp: Any, x: Any) -> Any:
    value = formula(xp, x)
    outer = value[..., :, None] * value[..., None, :]
    identity = xp.triu(xp.tril(xp.ones_like(outer)))  # of x's own kind: the same type, on the same device
    return identity * value[..., None, :] - outer


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, high=1),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(0, 0),
        # The Jacobian diag(s) - s s^T has no eigenvalue above 1/2, which two equal large scores attain.
        lipschitz=0.5,
        gain=None,
    )


definition = Activation(
    name="softmax",
    title="Softmax",
    summary="Turns a row of scores into positive numbers that sum to 1, larger scores into larger shares.",
    formula=formula,
    slope=slope,
    text="softmax(x)ᵢ = e^xᵢ / Σⱼ e^xⱼ",
    text_slope="∂softmax(x)ᵢ / ∂xⱼ = sᵢ · (δᵢⱼ − sⱼ), with s = softmax(x)",
    latex=r"\operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    latex_slope=r"\frac{\partial\,\operatorname{softmax}(x)_i}{\partial x_j} = s_i\,(\delta_{ij} - s_j)",
    facts=facts,
    kind="rowwise",
    torch="torch.nn.functional.softmax",
    backward_keeps="output",
    cost="An exponential per element, a maximum and a sum per row: three passes over each row.",
    used=(
        "Output of classifiers with one right class among several (with the loss computed from logits, never from the "
        "softmax's output); the weights of attention; choosing actions in reinforcement learning."
    ),
    advantages=(
        "Its outputs are a probability distribution, and with cross-entropy the gradient is simply the output minus "
        "the target.",
        "Unchanged when the same number is added to all scores, so it can be computed without overflow.",
    ),
    disadvantages=(
        "Saturates: when one score leads by far, the gradients of all vanish.",
        "A probability is never exactly zero (until it underflows), and often overconfident.",
        "Couples all elements of a row, so it cannot be computed piece by piece without a second look.",
        "A row that holds +inf, or nothing but -inf, has no defined shares: it gives NaN.",
    ),
    alternatives=(
        Alternative(
            name="log_softmax", when="logarithms of the shares are wanted, as for a loss: it cannot give −∞ early."
        ),
        Alternative(name="sigmoid", when="several classes may be right at once, or there are only two."),
        Alternative(name="relu", when="it is for a hidden layer: shares of a whole are rarely what is needed there."),
    ),
    history=(
        "In physics it is the Boltzmann distribution (1868), the chances of states of given energies. Bridle brought "
        "it to neural networks and named it in 1990."
    ),
    sources=(
        Source(
            citation=(
                "J. S. Bridle (1990). Probabilistic interpretation of feedforward classification network outputs, "
                "with relationships to statistical pattern recognition. In: Neurocomputing, Springer."
            ),
            contribution="softmax outputs as probabilities",
        ),
        Source(
            citation=(
                "B. Gao, L. Pavel (2017). On the properties of the softmax function with application in game theory "
                "and reinforcement learning. arXiv:1704.00805."
            ),
            contribution="its Lipschitz constant and other properties",
        ),
    ),
)
