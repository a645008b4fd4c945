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
    x, y = (np.asarray(data, float) for data in ax.lines[2].get_data())  # after the two lines through the origin
    rows = np.stack([x, 0 * x], -1) if member.rowwise else x
    value = rectifier.functions.public(member.name)(rows)
    np.testing.assert_allclose(y, value[:, 0] if member.rowwise else value, atol=1e-12)


def test_a_jump_of_the_slope_is_a_gap() -> None:
    ax = Figure().add_subplot()
    rectifier.relu.plot(ax)
    left, right, ring, dot = ax.lines[3:]
    assert set(np.asarray(left.get_ydata())) == {0}
    assert set(np.asarray(right.get_ydata())) == {1}
    assert list(np.asarray(ring.get_ydata())) == [1]
    assert list(np.asarray(dot.get_ydata())) == [0]


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
