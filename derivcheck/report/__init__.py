"""Reports as text: one renderer a file, each a function of values; none prints, reads the environment or exits."""
