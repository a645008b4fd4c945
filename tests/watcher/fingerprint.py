"""Run a script as `__main__`, then print a fingerprint of every tensor and module it leaves behind."""

import hashlib
import runpy
import sys

import torch


def main() -> None:
    script, *sys.argv[1:] = sys.argv[1:]
    left = runpy.run_path(script, run_name="__main__")
    for name, value in sorted(left.items()):
        tensors = value.state_dict() if isinstance(value, torch.nn.Module) else {"": value}
        for key, tensor in tensors.items():
            if isinstance(tensor, torch.Tensor):
                raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
                print("tensor", name, key, hashlib.sha256(raw).hexdigest())
    print("random", hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest())


if __name__ == "__main__":
    main()
