"""Graphs of touches, enrolment, stepping and simulating; one file per kind of step.

It may call sales, channels, content, scoring and stages.
Start at `stepping.py`.
"""
