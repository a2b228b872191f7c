"""derivcheck checks every equation of a hand-written derivation against independent truth."""

__version__ = "0.1.0"
