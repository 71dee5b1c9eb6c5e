"""Millions of messages and mistakes, with an eye on the memory of the process."""
