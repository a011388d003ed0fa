"""Files of strangers are read in a process of their own, with limits on memory and time.

It knows which function to call and how to carry plain values over a pipe, nothing of what is read.
Start at `asking.py`.
"""
