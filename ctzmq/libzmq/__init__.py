"""The C world: finds, loads and declares libzmq, with the standard library's ctypes alone."""

from __future__ import annotations

from ctzmq.libzmq.loader import library_path

__all__ = ["library_path"]
