"""`--evaluate`: models with known faults, and how often the diagnosis is right."""
