"""What the evidence speaks for: rules over a file, code, inputs, outputs and a scaler."""
