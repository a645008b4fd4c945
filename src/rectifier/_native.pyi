"""Every kernel as a NumPy ufunc: NAME, NAME_derivative, NAME_value_and_derivative for each member, NAME alone for the
rowwise ones. Halves, of the inputs of gated members and of the outputs of concatenated ones, are separate operands."""

import numpy as np

isa: str
"""The instruction set in use: the best this processor has, or what RECTIFIER_ISA names."""
built_isas: tuple[str, ...]
"""The instruction sets this module was built for, the most capable last."""
supported_isas: tuple[str, ...]
"""Those of them that this processor supports."""

def add_bfloat16(dtype: np.dtype, /) -> None: ...
def walk(ufunc: np.ufunc, arrays: tuple[np.ndarray, ...], /) -> None: ...
def thread_count() -> int: ...
def document(ufunc: np.ufunc, text: str, /) -> None: ...
def __getattr__(name: str) -> np.ufunc: ...
