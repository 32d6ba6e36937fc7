"""Every cause that a diagnosis can name, and which cures are carried out."""
