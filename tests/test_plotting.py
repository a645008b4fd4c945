"""Pictures: what is drawn is the function, and nobody's matplotlib settings change."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import rectifier
from rectifier import catalogue, plotting
from rectifier.catalogue import Activation


@pytest.mark.parametrize("member", catalogue.members(), ids=lambda m: m.name)
def test_the_curve_is_the_function(member: Activation) -> None:
    ax = Figure().add_subplot()
    assert rectifier.functions.public(member.name).plot(ax) is ax
    function = rectifier.functions.public(member.name)
    curves = ax.lines[2:]  # after the two lines through the origin
    x, y = (np.asarray(data, float) for data in curves[0].get_data())
    if member.kind == "rowwise":
        np.testing.assert_allclose(y, function(np.stack([x, 0 * x], -1))[:, 0], atol=1e-12)
    elif member.kind == "gated":
        np.testing.assert_allclose(y, function(np.stack([0 * x + 1, x], -1))[:, 0], atol=1e-12)
    elif member.kind == "concatenated":
        np.testing.assert_allclose(y, function(x)[: x.size], atol=1e-12)
        np.testing.assert_allclose(np.asarray(curves[1].get_ydata()), function(x)[x.size :], atol=1e-12)
    else:
        np.testing.assert_allclose(y, function(x), atol=1e-12)


def test_a_jump_of_the_slope_is_a_gap() -> None:
    ax = Figure().add_subplot()
    rectifier.relu.plot(ax)
    left, right, ring, dot = ax.lines[3:]
    assert set(np.asarray(left.get_ydata())) == {0}
    assert set(np.asarray(right.get_ydata())) == {1}
    assert list(np.asarray(ring.get_ydata())) == [1]
    assert list(np.asarray(dot.get_ydata())) == [0]


def test_a_jump_of_the_value_is_a_gap() -> None:
    ax = Figure().add_subplot()
    rectifier.hardshrink.plot(ax)
    left, middle, right, ring, dot, *_ = ax.lines[2:]
    assert np.asarray(left.get_ydata()).max() == pytest.approx(-0.5)
    assert set(np.asarray(middle.get_ydata())) == {0}
    assert np.asarray(right.get_ydata()).min() == pytest.approx(0.5)
    assert list(np.asarray(ring.get_ydata())) == [pytest.approx(-0.5)]
    assert list(np.asarray(dot.get_ydata())) == [0]


def test_what_is_drawn_is_said() -> None:
    def labels(name: str) -> list[str]:
        ax = rectifier.functions.public(name).plot(Figure().add_subplot())
        legend = ax.get_legend()
        assert legend is not None
        return [text.get_text() for text in legend.get_texts()]

    assert labels("reglu") == ["reglu, a = 1, b = x", "its derivative"]
    assert labels("crelu")[:2] == ["crelu, first half", "crelu, second half"]
    assert labels("softmax")[0] == "softmax(x, 0)₁"
    assert labels("hardtanh")[0] == "hardtanh (min_val=-1, max_val=1)"


def test_settings_and_back_end_stay() -> None:
    settings, back_end = dict(matplotlib.rcParams), matplotlib.get_backend()
    figure = plotting.figure(catalogue.members(), low=-2, high=3)
    figure.canvas.draw()
    assert dict(matplotlib.rcParams) == settings
    assert matplotlib.get_backend() == back_end
    assert pyplot.get_fignums() == []


def test_a_range_that_is_none() -> None:
    with pytest.raises(ValueError, match="was given 3 to 3"):
        rectifier.relu.plot(Figure().add_subplot(), low=3, high=3)
