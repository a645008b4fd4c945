"""The logarithm of softmax."""

from math import inf
from typing import Any

from rectifier.catalogue import softmax
from rectifier.catalogue._record import Activation, Alternative, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    distance = x - xp.amax(x, axis=-1, keepdims=True)
    return distance - xp.log(xp.sum(xp.exp(distance), axis=-1, keepdims=True))


def slope(xp: Any, x: Any) -> Any:
    shares = softmax.formula(xp, x)[..., None, :]
    ones = xp.ones_like(shares * shares[..., 0, :, None])  # of x's own kind: the same type, on the same device
    return xp.triu(xp.tril(ones)) - ones * shares


def facts() -> Facts:
    return Facts(
        range=Interval(high=0),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(1, 0),
        # The Jacobian I - 1 s^T projects, along 1; its norm |1| |s| comes close to √n in a row of n when one share is
        # close to 1, so no number does for rows of every length.
        lipschitz=inf,
        gain=None,
    )


definition = Activation(
    name="log_softmax",
    title="Log-softmax",
    summary="Turns a row of scores into the logarithms of their shares, without the shares' loss of digits.",
    formula=formula,
    slope=slope,
    text="log_softmax(x)ᵢ = xᵢ − log Σⱼ e^xⱼ",
    text_slope="∂log_softmax(x)ᵢ / ∂xⱼ = δᵢⱼ − sⱼ, with s = softmax(x)",
    latex=r"\operatorname{log\_softmax}(x)_i = x_i - \ln \sum_j e^{x_j}",
    latex_slope=r"\frac{\partial\,\operatorname{log\_softmax}(x)_i}{\partial x_j} = \delta_{ij} - s_j",
    facts=facts,
    kind="rowwise",
    torch="torch.nn.functional.log_softmax",
    backward_keeps="output",
    cost="An exponential per element, a maximum, a sum and a logarithm per row: three passes over each row.",
    used=(
        "Inside cross-entropy, the loss of classifiers and language models; scores of sequences, where logarithms of "
        "probabilities are added up."
    ),
    advantages=(
        "Exact where log(softmax(x)) is not: a share too small for a float gives its logarithm, not −∞.",
        "Unchanged when the same number is added to all scores, so it can be computed without overflow.",
        "With a loss of minus the right class's entry, the gradient is simply the softmax minus the target.",
        "Does not saturate for scores that are too low: there the slope is 1.",
    ),
    disadvantages=(
        "No activation for hidden layers: never positive, and each output depends on the whole row.",
        "Couples all elements of a row, so it cannot be computed piece by piece without a second look.",
        "One change can move all n outputs: its Lipschitz constant is √n for a row of n.",
        "A row that holds +inf, or nothing but -inf, has no defined shares: it gives NaN.",
    ),
    alternatives=(
        Alternative(name="softmax", when="the shares themselves are wanted, as in attention."),
        Alternative(name="logsigmoid", when="there are only two classes, or several may be right at once."),
    ),
    history=(
        "The log-likelihood of the multinomial logit model, which is older than neural networks. Subtracting the "
        "maximum first is folklore; in 2021 it was shown to be as accurate as one may ask."
    ),
    sources=(
        Source(
            citation=(
                "J. S. Bridle (1990). Probabilistic interpretation of feedforward classification network outputs, "
                "with relationships to statistical pattern recognition. In: Neurocomputing, Springer."
            ),
            contribution="softmax outputs as probabilities, and their logarithm as the score to train for",
        ),
        Source(
            citation=(
                "P. Blanchard, D. J. Higham, N. J. Higham (2021). Accurately computing the log-sum-exp and softmax "
                "functions. IMA Journal of Numerical Analysis 41(4), 2311-2330."
            ),
            contribution="how accurate the usual ways to compute it are",
        ),
    ),
)
