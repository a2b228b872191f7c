"""Whether a derivation's own checks can fail: every single edit of it has to be seen, or shown to change nothing.

Mutation testing (DeMillo, Lipton and Sayward 1978): an edit that every check lets pass is either the same mathematics
in other words, which is then proved, or shows something that the checks do not see.
"""
