"""What one run left behind: typed rows in an SQLite file, its writer and its reader. Imports nothing of ours.

A run is a folder, `.rectifier/runs/<id>/`: `run.json` (what was run and how it ended, `Run`) and one
`rank-N.db` per process that trained. The tables of the database are the row classes of `rows.py`, field by
field.
"""
