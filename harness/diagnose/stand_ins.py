"""What training knew, taken from the inputs at hand where a cure needs it and nobody gives it."""

# of tables and series column by column, of images as a whole
AXES = "None if np.ndim(inputs) > 3 else tuple(range(np.ndim(inputs) - 1))"

STAND_INS = {
    "mean_of_training": f"np.mean(inputs, axis={AXES})",
    "std_of_training": f"np.std(inputs, axis={AXES})",
    "means_of_training": "np.nanmean(inputs, axis=0)",
}
