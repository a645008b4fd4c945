"""Activations for PyTorch, built from the catalogue's definitions. The only package here that needs torch."""
