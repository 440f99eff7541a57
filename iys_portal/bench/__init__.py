"""Benchmarks: each measures its subject beside a comparison, in turns, in one run (docs/benchmarks.md).

They stand on top of everything: a bench may use every app, nothing uses a bench but its management command.
"""
