"""Remedies that several rules name."""

from rectifier.diagnose.finding import Remedy

WARM_UP = Remedy(name="warm-up", summary="Raise the learning rate from near zero over the first hundred steps.")
