"""A model computed in numpy: what its layers give, or a refusal by name."""
