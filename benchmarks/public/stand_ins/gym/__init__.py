"""Stands in for gym, which no longer installs: its calls of 0.21, on the environments of gymnasium.

`reset` gives the observation alone, `step` four values, `seed` seeds the next reset, and nothing is drawn.
"""

from typing import Any

import gymnasium
from gymnasium import logger, spaces

__all__ = ["Env", "Wrapper", "logger", "make", "spaces"]
__version__ = "0.21.0"

Wrapper, Env = gymnasium.Wrapper, gymnasium.Env
#: Versions that gymnasium has dropped, and the ones that it has.
_NOW = {"Pendulum-v0": "Pendulum-v1"}


class _Before:
    """An environment with the calls of before 0.26."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self._seed: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    @property
    def unwrapped(self) -> "_Before":
        return _Before(self._env.unwrapped)

    def seed(self, seed: int | None = None) -> list[int | None]:
        self._seed = seed
        return [seed]

    def reset(self) -> Any:
        observation, _ = self._env.reset(seed=self._seed)
        self._seed = None
        return observation

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self._env.step(action)
        return observation, reward, terminated or truncated, info

    def render(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is drawn."""


def make(name: str, **options: Any) -> _Before:
    """One by its name."""
    return _Before(gymnasium.make(_NOW.get(name, name), **options))
