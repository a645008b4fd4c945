"""Memory apart from the heap: results live in it as in any other, and what was let go is used again."""

import contextlib
import copy
import gc
import io
import threading
from typing import Any

import pytest
import torch

import rectifier.nn as nn
from rectifier import _native
from rectifier.nn.room import room, room_for

LARGE = 1 << 21  # elements of float32: 8 MiB
MIB = 1 << 20
GAPS = 4 * MIB
"""Two pages of 2 MiB: what blocks leave of their first and their last one."""


def in_use() -> int:
    gc.collect()
    return _native.pages_state()[0]


def test_what_was_let_go_is_used_again() -> None:
    before = in_use()
    first = room(8 * MIB)
    assert first.numel() == 8 * MIB
    assert in_use() >= before + 8 * MIB
    address = first.data_ptr()
    del first
    assert in_use() == before
    assert room(8 * MIB - 100_000).data_ptr() == address


def test_a_tensor_in_use_is_never_given_out_twice() -> None:
    held = [room(MIB).fill_(k) for k in range(50)]
    del held[::2]
    more = [room(MIB).fill_(100 + k) for k in range(50)]
    assert [int(each.max()) for each in held] == list(range(1, 50, 2))
    assert all(int(each.min()) == int(each.max()) == 100 + k for k, each in enumerate(more))


def test_what_is_kept_piece_by_piece_makes_room_for_what_is_whole() -> None:
    _native.release_pages()
    pieces = [room(MIB * k // 4) for k in range(1, 40)]
    for piece in pieces:
        piece.fill_(1)
    most, places = in_use(), {each.data_ptr() >> 21 for each in pieces}
    del pieces, piece
    whole = room(64 * MIB)
    assert sum(_native.pages_state()) <= most + GAPS + most / 16
    assert whole.data_ptr() >> 21 in places
    del whole
    again = [room(MIB * k // 4) for k in range(1, 40)]
    assert {each.data_ptr() >> 21 for each in again} <= places


@pytest.mark.parametrize("others", [0, 3])
def test_what_waits_is_no_more_than_was_in_use_and_is_given_back_in_time(others: int) -> None:
    somebody_elses = [room(200_000 + 5 * MIB * k) for k in range(others)]
    gc.collect()
    _native.release_pages()
    beside = _native.pages_state()[1]  # in the pages that those in use begin and end in
    held = [room(16 * MIB) for _ in range(20)]
    most = in_use()
    del held[:10]
    small = [room(MIB) for _ in range(100)]
    used, waiting = _native.pages_state()
    assert used + waiting <= most + most / 16 + beside + GAPS
    del held, small
    assert in_use() < most
    for _ in range(2 * 4096 + 1):
        room(MIB)  # all that is needed from now on
    needed = in_use() + MIB
    assert sum(_native.pages_state()) <= needed + needed / 16 + beside + GAPS
    room(MIB)
    _native.release_pages()
    assert _native.pages_state()[1] <= beside
    assert len(somebody_elses) == others


def test_many_threads_share_it() -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        for size in (MIB, 3 * MIB, 200_000) * 20:
            mine = room(size).fill_(number)
            if int(mine.min()) != number or int(mine.max()) != number:
                wrong.append(number)

    before = in_use()
    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    assert in_use() == before


@pytest.mark.parametrize("size", [0, -1])
def test_no_bytes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        _native.Pages(size)


def test_more_than_there_is_is_an_error() -> None:
    with pytest.raises(MemoryError):
        _native.Pages(1 << 60)


def test_a_tensor_lies_as_asked_and_is_no_view() -> None:
    x = room_for(torch.Size([4, 8, 64, 64]), (32768, 1, 512, 8), torch.float64)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert x.dtype is torch.float64
    assert not x._is_view()
    assert x.is_leaf


@pytest.mark.parametrize("surrounding", [nn.lean, contextlib.nullcontext])
def test_large_results_are_tensors_like_any_other(surrounding: Any) -> None:
    x = torch.randn(LARGE, requires_grad=True)
    before = in_use()
    with surrounding():
        y = nn.functional.relu(x)
    assert in_use() >= before + y.nbytes
    assert y.untyped_storage().nbytes() == y.nbytes
    assert not y._is_view()
    doubled = copy.deepcopy(y.detach())
    y.mul_(2)  # what autograd refuses of a view that a function returned
    y.sum().backward()
    assert torch.equal(doubled, torch.relu(x.detach()))
    assert x.grad is not None
    assert torch.equal(x.grad, 2.0 * (x.detach() > 0))
    file = io.BytesIO()
    torch.save(y.detach(), file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=True), y.detach())


def test_without_a_gradient_results_are_torchs_own() -> None:
    before = in_use()
    y = nn.functional.relu(torch.randn(LARGE))
    assert in_use() == before
    y.resize_(2 * LARGE)


@pytest.mark.parametrize("name", ["relu", "elu", "mish"])
def test_every_step_of_a_training_uses_the_same_memory(name: str) -> None:
    x = torch.randn(LARGE, requires_grad=True)
    places = []
    for _ in range(3):
        y = getattr(nn.functional, name)(x)
        (gradient,) = torch.autograd.grad(y, x, torch.ones_like(y))
        places.append((y.data_ptr(), gradient.data_ptr()))
        del y, gradient
    assert places[0] == places[1] == places[2]


def test_results_outlive_what_they_came_from() -> None:
    with nn.lean():
        kept = nn.functional.relu(torch.full((LARGE,), 3.0))
        for _ in range(5):
            nn.functional.relu(torch.full((LARGE,), 7.0))
    assert bool((kept == 3).all())
