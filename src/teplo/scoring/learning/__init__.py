"""Points learnt from outcomes: a file of people in, a proposal or the reason why there is none out (R20).

The only place that knows numpy and scikit-learn; it runs as a process of its own and touches no database.
Start at `proposing.py`; the others ask through `scoring/learning_process.py`.
"""
