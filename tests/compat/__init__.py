"""The compatibility suite: the original and ours side by side, each case over both at once.

`rows` lists what there is to cover: every row of the tables that describe the original. `cases_*` are the cases, as
data. `case` says what a case is, `play` runs one, `judge` compares. `deviations` is the only place where differences
are listed; one that is not there fails, and so does one that is there and is not seen.
"""
