"""MNIST, CIFAR10 and CIFAR100 by name and shape, of scikit-learn's digits: enlarged, and moved by a few seeded pixels.

The environment variable STAND_IN_SAMPLES says how many training samples there are (60000 if it is not set); there are
a sixth as many to test on, from digits that are not trained on.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

#: Of the 1797 digits these are trained on.
_TRAINED = 1437
_MARGIN = 4  # pixels around a digit, so far can it be moved


def _digits(train: bool, size: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images of `size` pixels squared and their classes."""
    samples = int(os.environ.get("STAND_IN_SAMPLES", "60000"))
    count = samples if train else samples // 6
    found = load_digits()
    part = slice(None, _TRAINED) if train else slice(_TRAINED, None)
    small, classes = found.images[part], found.target[part]
    inner = size - 2 * _MARGIN
    large = np.stack([_enlarged(image, inner) for image in small])
    draw = np.random.RandomState(0 if train else 1)
    chosen = draw.permutation(np.arange(count) % len(large))
    images = np.zeros((count, size, size), np.uint8)
    for i, (which, x, y) in enumerate(zip(chosen, *draw.randint(2, 2 * _MARGIN - 1, (2, count)), strict=True)):
        images[i, y : y + inner, x : x + inner] = large[which]
    return images, classes[chosen].astype(np.int64)


def _enlarged(image: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    grey = Image.fromarray((image * (255 / 16)).astype(np.uint8))
    return np.asarray(grey.resize((size, size), Image.Resampling.BILINEAR))


class _Images(torch.utils.data.Dataset[Any]):
    """What torchvision's image data sets have in common."""

    classes = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    data: Any
    targets: Any

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root, self.train = root, train
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = Image.fromarray(np.asarray(self.data[index])), int(self.targets[index])
        return (
            image if self.transform is None else self.transform(image),
            target if self.target_transform is None else self.target_transform(target),
        )


class MNIST(_Images):
    """Grey, 28 pixels squared; `data` and `targets` are tensors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        images, classes = _digits(self.train, 28)
        self.data, self.targets = torch.from_numpy(images), torch.from_numpy(classes)


class CIFAR10(_Images):
    """Coloured, 32 pixels squared; the colour says nothing of the class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        images, classes = _digits(self.train, 32)
        colours = np.random.RandomState(2).uniform(0.4, 1.0, (len(images), 1, 1, 3))
        self.data, self.targets = (images[..., None] * colours).astype(np.uint8), classes.tolist()


class CIFAR100(CIFAR10):
    """The same: of the hundred classes there are ten."""
