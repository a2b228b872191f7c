"""The commands, one a file. Their modules import click and nothing heavy; the engine is imported in their bodies."""
