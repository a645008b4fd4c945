"""Stands in for torchvision where a public script wants its data sets: handwritten digits that need no download.

Only what the scripts of the manifest call is here, under torchvision's names. The images are those of scikit-learn's
`load_digits`, enlarged; see `datasets`.
"""

from torchvision import datasets, models, ops, transforms, utils

__all__ = ["datasets", "models", "ops", "transforms", "utils"]
__version__ = "0.0"
