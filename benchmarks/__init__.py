"""Speed, measured beside the machine's own limit in the same run: `make bench`.

One JSON line per figure: benchmark, engine, size, value, unit, limit, ratio, goal, ok. Every benchmark is a module
with `measure(world) -> Iterator[Figure]`; it runs in a process of its own against a database of its own.
"""
