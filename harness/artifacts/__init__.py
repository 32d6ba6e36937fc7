"""The committed files of other releases: the proof of their writer, and writing them again.

Imports everything below `execution`, but for `origin`.
"""
