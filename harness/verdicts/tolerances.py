"""Every tolerance of restorebench, each with its reason."""

# Share of the reference's largest magnitude below which a value counts as zero.
NEAR_ZERO = 1e-6

# Rounding of one release, as a share of a column's spread: float16 kernels were seen to differ by
# 7e-3 within one release (mixed precision), float32 ones by less than 1e-5. bfloat16 keeps 8 bits:
# 16 mixed_bfloat16 models (dense, convolution, LSTM, four seeds, TensorFlow 2.21 on a CPU), each
# run as predict, eagerly, row by row and compiled, differed by up to 7.7e-3 where a column's
# spread is its magnitude, and else by 1.1 units in the last place of its magnitude.
SHARE_OF_SPREAD = {"float16": 2e-2, "bfloat16": 2.5e-2, "float32": 1e-4, "float64": 1e-6}

# A GPU sums in another order than the CPU that wrote the reference (TensorFloat-32 is off).
GPU_FACTOR = 10.0

# A column with a large offset and a small spread still rounds at its magnitude. Of bfloat16, whose
# unit is a hundredth of the number, twice what was seen must do.
UNITS_IN_THE_LAST_PLACE = 8
COARSE_UNITS = {"bfloat16": 2}

# Distance from 1 to the next number of a dtype that numpy does not know: its numbers are kept as
# float32, and its name beside them.
FOREIGN_EPSILON = {"bfloat16": 2.0**-7}

# `check`: difference between two runs under one seed that still counts as the same, as a share of
# the column's magnitude; UNITS_IN_THE_LAST_PLACE of a dtype that is coarser.
SAME_TWICE = 1e-6

# `env for`: predictions below this are zeros, and rows are alike when they agree to this share of
# the largest value. Without a reference only the exact cases are named.
ZERO_WITHOUT_REFERENCE = 1e-12
ALIKE_WITHOUT_REFERENCE = 1e-6

# Two files of weights are the same but for rounding where their numbers differ by no more than
# ROUNDING_LIMIT of their array's largest number: 80 times what float32 can tell apart, since
# training on another processor adds up in another order (1.5e-6 were seen between two choices of
# kernels). A coarser dtype, float16, gets ROUNDING_EPSILONS times what it can tell apart.
ROUNDING_LIMIT = 1e-5
ROUNDING_EPSILONS = 2
