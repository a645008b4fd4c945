"""Saving images as a grid, under torchvision's names."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def make_grid(
    tensor: Tensor,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images of shape (number, channels, height, width), `nrow` of them in a row."""
    images = tensor.detach().float().cpu()
    if normalize:
        low, high = value_range or (float(images.min()), float(images.max()))
        images = (images.clamp(low, high) - low) / max(high - low, 1e-5)
    if images.shape[1] == 1:
        images = images.expand(-1, 3, -1, -1)
    rows = -(-len(images) // nrow)
    height, width = images.shape[2] + padding, images.shape[3] + padding
    grid = torch.full((3, rows * height + padding, min(nrow, len(images)) * width + padding), pad_value)
    for i, image in enumerate(images):
        y, x = padding + i // nrow * height, padding + i % nrow * width
        grid[:, y : y + images.shape[2], x : x + images.shape[3]] = image
    return grid


def save_image(tensor: Tensor, fp: Any, **options: Any) -> None:
    """Write them as a PNG file."""
    images = tensor if tensor.dim() == 4 else tensor[None]
    grid = make_grid(images, **options) if len(images) > 1 or tensor.dim() == 4 else images[0]
    pixels = grid.mul(255).add(0.5).clamp(0, 255).byte().numpy()
    Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(fp)
