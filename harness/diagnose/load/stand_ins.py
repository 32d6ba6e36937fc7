"""What training knew, taken from the inputs at hand where a cure needs it and nobody gives it."""

import ast
import builtins

# of tables and series column by column, of images as a whole
AXES = "None if np.ndim(inputs) > 3 else tuple(range(np.ndim(inputs) - 1))"

STAND_INS = {
    "mean_of_training": f"np.mean(inputs, axis={AXES})",
    "std_of_training": f"np.std(inputs, axis={AXES})",
    "means_of_training": "np.nanmean(inputs, axis=0)",
}
KNOWN = {"tf", "np", "os", "keras", "path", "inputs", "images", "model", "predictions"}


def find_unknown(code: str) -> set[str]:
    """Return the names that a cure uses, and that nobody gives."""
    nodes = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name)]
    bound = {each.id for each in nodes if isinstance(each.ctx, ast.Store)}
    bound |= {each.arg for each in ast.walk(ast.parse(code)) if isinstance(each, ast.arg)}
    return {each.id for each in nodes} - bound - KNOWN - set(dir(builtins))
