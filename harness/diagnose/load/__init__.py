"""`--load` and `--prove`: a model restored in a cage, observed there, and cured there."""
