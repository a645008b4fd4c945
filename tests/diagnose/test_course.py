"""What the rules read off the course of the loss."""

import numpy as np

from rectifier.diagnose.rules._course import got_over


def test_a_peak_is_got_over_if_the_loss_ends_below_where_it_stood_before() -> None:
    down, spike = np.linspace(1.0, 0.3, 100), np.array([4.0, 3.0, 1.0])
    assert got_over(np.concatenate([down, spike, np.linspace(0.3, 0.1, 97)]))
    assert not got_over(np.concatenate([down, spike, np.linspace(0.9, 0.5, 97)]))


def test_a_peak_that_was_climbed_from_the_start_has_no_before() -> None:
    after = np.linspace(8.0, 0.5, 170)
    assert not got_over(np.concatenate([np.linspace(1.0, 10.0, 10), after]))
    assert not got_over(np.concatenate([np.linspace(1.0, 10.0, 30), after]))
