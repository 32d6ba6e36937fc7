"""What training knew, taken from the inputs at hand where a cure needs it and nobody gives it."""

STAND_INS = {
    "mean_of_training": "np.mean(inputs, axis=0 if np.ndim(inputs) == 2 else None)",
    "std_of_training": "np.std(inputs, axis=0 if np.ndim(inputs) == 2 else None)",
    "means_of_training": "np.nanmean(inputs, axis=0)",
}
