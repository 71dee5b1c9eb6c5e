"""Tests of the core, with sockets of every kind."""
