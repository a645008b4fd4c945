"""Stands in for tensorboard_logger, which does not load beside today's protobuf: takes every value, keeps none."""

from typing import Any


class Logger:
    """Takes values by name and step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def log_value(self, *args: Any, **kwargs: Any) -> None:
        """One value."""


def configure(*args: Any, **kwargs: Any) -> None:
    """Where they would go."""


def log_value(*args: Any, **kwargs: Any) -> None:
    """One value."""
