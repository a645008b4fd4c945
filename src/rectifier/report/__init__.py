"""One report, many views: `model.py` is the JSON shape, `text.py` the terminal's view of it; `terminal.py`: how that is
written to a terminal or a file."""
