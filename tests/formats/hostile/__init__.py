"""Hostile model files, made from scratch; specimens.py has the list."""
