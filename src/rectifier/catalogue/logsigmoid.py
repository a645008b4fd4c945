"""The logarithm of the sigmoid."""

from math import inf, log
from typing import Any

from rectifier.catalogue import sigmoid, softplus
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    return -softplus.formula(xp, -x, 1)


def slope(xp: Any, x: Any) -> Any:
    return sigmoid.formula(xp, -x)


def facts() -> Facts:
    return Facts(
        range=Interval(high=0),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(1, 0),
        lipschitz=1,
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=-inf, slope=1),
            Edge(at=-0.0, value=-log(2), slope=0.5),
            Edge(at=inf, value=-0.0, slope=0),
        ),
    )


definition = Activation(
    name="logsigmoid",
    title="Log-sigmoid",
    summary="The logarithm of the sigmoid, without its loss of digits: the log of a probability from the log of odds.",
    formula=formula,
    slope=slope,
    text="logsigmoid(x) = log(1 / (1 + e⁻ˣ)) = −softplus(−x)",
    text_slope="logsigmoid'(x) = 1 / (1 + eˣ)",
    latex=r"\operatorname{logsigmoid}(x) = \ln \frac{1}{1 + e^{-x}}",
    latex_slope=r"\operatorname{logsigmoid}'(x) = \frac{1}{1 + e^x}",
    facts=facts,
    torch="torch.nn.functional.logsigmoid",
    backward_keeps="output",
    cost="An exponential and a logarithm per element: what softplus costs.",
    used=(
        "Losses, not layers: two-way classification from logits, word embeddings with negative samples, learning from "
        "preferences between two answers."
    ),
    advantages=(
        "Exact where log(sigmoid(x)) is not: for very negative x it is x itself rather than −∞, for large x a small "
        "negative number rather than 0.",
        "Its slope lies between 0 and 1: a loss built on it pulls on each sample at most with weight 1.",
        "Concave, so that losses built on it are convex in x.",
    ),
    disadvantages=(
        "No activation for hidden layers: never positive, with a mean far below zero.",
        "Unbounded on the left, so one badly wrong sample can dominate a loss.",
        "Costs an exponential and a logarithm.",
    ),
    alternatives=(
        Alternative(name="sigmoid", when="the probability itself is wanted."),
        Alternative(
            name="softplus", when="the loss itself is wanted, which is positive: softplus(-x) = -logsigmoid(x)."
        ),
        Alternative(name="log_softmax", when="there are more than two classes."),
    ),
    history=(
        "The log-likelihood of logistic regression is made of it, and so it is as old as that. How to compute it, and "
        "log(1 + eˣ) with it, without losing digits is a classic of numerical programming."
    ),
    sources=(
        Source(
            citation=(
                "M. Mächler (2012). Accurately computing log(1 − exp(−|a|)), assessed by the Rmpfr package. "
                "R package vignette."
            ),
            contribution="which form of it is accurate where",
        ),
        Source(
            citation=(
                "T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean (2013). Distributed representations of words "
                "and phrases and their compositionality. NIPS. arXiv:1310.4546."
            ),
            contribution="a loss made of it, by negative sampling",
        ),
    ),
)
