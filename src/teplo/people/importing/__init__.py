"""Files on their way in: what a file is, what its columns mean, and its rows as people or historic events (R4).

It knows files and the people app; what upper apps take from a row (events, stages) they lend in `lending.py`.
Start at `shapes.py` for files, `plans.py` for rows and `running.py` for a run.
"""
