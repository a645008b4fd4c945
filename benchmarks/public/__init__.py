"""Public training scripts that nobody here wrote, plain and watched: `python -m benchmarks.public`."""
