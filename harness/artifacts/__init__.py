"""The committed files of other releases: proof of who wrote them, and writing them again.

Imports everything below `execution`, but for `origin`.
"""
