"""Present outcomes and differences as tables, sentences, plots, Markdown or XML.

Imports everything below `cli`, and runs nothing.
"""
