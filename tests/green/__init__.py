"""Tests of the green flavours."""
