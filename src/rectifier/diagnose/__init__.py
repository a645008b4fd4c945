"""What is ill, where, since when and why: rules that read a record and yield findings.

finding.py   what a rule says
evidence.py  the record as histories that rules can reason about
units.py     dead or alive: statistics of single units
diagnosis.py runs every rule and ranks the findings by cause
rules/       one file per illness, found by name
describe.py  writes docs/rules.md from them
"""
