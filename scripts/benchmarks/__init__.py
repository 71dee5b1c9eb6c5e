"""Benchmarks: ctzmq and pyzmq side by side, each in its own environment and process."""
