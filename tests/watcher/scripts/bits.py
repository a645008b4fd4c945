"""Prints a fingerprint of what a training left behind: the same text means the same bits."""

import hashlib

import torch


def bits(*left):
    """Of modules, tensors and numbers, and of the random numbers that would come next."""
    for position, thing in enumerate(left):
        if isinstance(thing, torch.nn.Module):
            named = thing.state_dict().items()
        else:
            named = [("", thing if isinstance(thing, torch.Tensor) else torch.tensor(thing, dtype=torch.float64))]
        for name, tensor in named:
            raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
            print("bits", position, name, hashlib.sha256(raw).hexdigest()[:16])
    print("bits random", hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest()[:16])
