"""A derivation beside the code that computes the same: values, autograd and a backward pass written by hand.

``compare`` holds the numbers of both sides beside each other, whosever they are; ``derivation`` works out those of the
document, ``subject`` makes those of a function or a module of the user's, which ``target`` imports.
"""
