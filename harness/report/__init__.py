"""Outcomes and differences as people read them: tables, sentences, plots, Markdown, XML.

Imports everything below `cli`, runs nothing.
"""
