"""Usual texts are taken apart and put together again without losing their meaning."""

import ast

import numpy as np
import pytest

from rectifier import catalogue
from rectifier.bench.peers.numpy_usual import namespace
from rectifier.bench.program import NotWrittenError, Program, inlined, parse, plain, written


def of(*texts: str, **parameters: float) -> Program:
    return parse(texts, ("x",), parameters)


def test_the_last_operation_writes_to_out() -> None:
    assert "maximum(x, 0, out=out_0)" in of("maximum(x, 0)").source(into="out")
    assert "negative(exp(x), out=out_0)" in of("-exp(x)").source(into="out")
    assert "out" not in of("where(x > 0, x, 0)").source(into="out").splitlines()[1]
    assert "copyto(out_0, where(x > 0, x, 0))" in of("where(x > 0, x, 0)").source(into="copy")


def test_numbers_are_worked_out() -> None:
    assert "return x / (3 + exp(x))" in of("1.0 * x / (a + exp(b * x))", a=3, b=1).source().replace("3.0", "3")
    assert "0.25 * x" in of("0.5 * (low + high) * x", low=0.25, high=0.25).source()


def test_common_steps_are_done_once() -> None:
    program = of("1 / (1 + exp(-x))", "s = 1 / (1 + exp(-x)); s * (1 - s)")
    assert [name for name, _ in program.steps] == ["s"]
    assert inlined(program).steps == ()


def test_a_step_that_means_two_things_is_an_error() -> None:
    with pytest.raises(ValueError, match="s stands for two things"):
        of("s = exp(x); s * s", "s = tanh(x); s * s")


def test_parts_are_joined_or_written_to_halves() -> None:
    program = parse([("maximum(x, 0)", "where(x < 0, -x, 0)")], ("x",), {})
    x = np.array([[-2.0, 3.0]])
    out = np.empty((1, 4))
    for result in (
        program.compiled(namespace("float64"))(x),
        program.compiled(namespace("float64"), into="out")(x, *program.targets([out])),
        out,
    ):
        np.testing.assert_array_equal(result, [[0, 3, 2, 0]])


def test_plain_texts_mean_the_same() -> None:
    text = "square(clip(x, -1, 2)) + indicator(x > 0) + maximum(x, 0.5)"
    x = np.linspace(-3, 3, 41)
    names = namespace("float64")
    wanted = of(text).compiled(names)(x)
    for selecting in (False, True):
        simple = plain(of(text), selecting=selecting)
        assert simple.names() <= {"where", "minimum", "maximum"}
        np.testing.assert_allclose(simple.compiled(names)(x), wanted)


def test_what_cannot_be_written_is_said() -> None:
    with pytest.raises(NotWrittenError, match="it has no gamma"):
        of("gamma(x)").compiled(namespace("float32"))
    with pytest.raises(NotWrittenError, match="no usual text"):
        written(catalogue.get("softmax"), "derivative")


def test_types_stay() -> None:
    for member in catalogue.members():
        source = written(member, "value").compiled(namespace("float32"))
        x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
        halves = (x[:, :2], x[:, 2:]) if len(written(member, "value").inputs) == 2 else (x,)
        assert source(*halves).dtype == np.float32


def test_the_source_is_python() -> None:
    for member in catalogue.members():
        for into in (None, "out", "copy"):
            ast.parse(written(member, "value").source(into=into))
