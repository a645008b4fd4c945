"""The definitions in mpmath: as many digits as one likes, one number at a time."""

from typing import Any

import mpmath


class Mp:
    """As much of an array namespace as the definitions use, for one mpmath number at a time."""

    pi = mpmath.pi
    mpf = staticmethod(mpmath.mpf)
    abs = staticmethod(abs)
    exp = staticmethod(mpmath.exp)
    expm1 = staticmethod(mpmath.expm1)
    log1p = staticmethod(mpmath.log1p)
    sqrt = staticmethod(mpmath.sqrt)
    sign = staticmethod(mpmath.sign)
    tanh = staticmethod(mpmath.tanh)
    cosh = staticmethod(mpmath.cosh)

    class special:  # noqa: N801 - named as torch names it
        erfc = staticmethod(mpmath.erfc)

    @staticmethod
    def where(condition: bool, chosen: Any, other: Any) -> Any:
        return chosen if condition else other
