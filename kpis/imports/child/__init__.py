"""Reads one spreadsheet and prints it as JSON, in a process of its own.

It imports nothing of the product, so that it starts in some 60 ms, and bounds itself before it reads a byte: address
space, processor seconds, no files, no core. Whatever goes wrong here (a bomb, a bug in a reader, a crash) ends this
process and nothing else. :mod:`kpis.imports.bounded` starts it.
"""
