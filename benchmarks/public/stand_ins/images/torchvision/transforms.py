"""The transforms of PIL images that the scripts of the manifest use, under torchvision's names."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor


class Compose:
    """One after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image


class Lambda:
    """Any function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, image: Any) -> Any:
        return self.function(image)


class ToTensor:
    """Channels first, from 0 to 1."""

    def __call__(self, image: Image.Image) -> Tensor:
        pixels = np.array(image, np.float32) / 255
        return torch.from_numpy(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1).copy())


class ToPILImage:
    """Back from a tensor."""

    def __call__(self, image: Tensor) -> Image.Image:
        pixels = image.mul(255).byte().numpy().transpose(1, 2, 0)
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


class Normalize:
    """Less the mean, over the deviation, by channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean, self.std = (torch.tensor(values).reshape(-1, 1, 1) for values in (mean, std))

    def __call__(self, image: Tensor) -> Tensor:
        return (image - self.mean) / self.std


class Resize:
    """Bilinear, to so many pixels squared (a shorter side, for images that are squares)."""

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = (size, size) if isinstance(size, int) else (size[1], size[0])

    def __call__(self, image: Image.Image) -> Image.Image:
        return image.resize(self.size, Image.Resampling.BILINEAR)


class Pad:
    """With zeros on every side."""

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def __call__(self, image: Image.Image) -> Image.Image:
        return ImageOps.expand(image, self.padding)


class RandomCrop:
    """So many pixels squared, from anywhere, of an image that is first padded with zeros."""

    def __init__(self, size: int, padding: int = 0, padding_mode: str = "constant") -> None:
        self.size, self.padding = size, padding

    def __call__(self, image: Image.Image) -> Image.Image:
        image = ImageOps.expand(image, self.padding)
        x, y = (random.randint(0, side - self.size) for side in image.size)
        return image.crop((x, y, x + self.size, y + self.size))


class RandomHorizontalFlip:
    """Every second one."""

    def __call__(self, image: Image.Image) -> Image.Image:
        return ImageOps.mirror(image) if random.random() < 0.5 else image
