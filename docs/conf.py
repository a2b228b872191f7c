"""How the pages are made: `make docs`."""

project = "derivcheck"
copyright = "derivcheck contributors"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "derivcheck"
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "myst.xref_missing"]
