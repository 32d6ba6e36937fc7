"""Every tolerance of restorebench, with the reason."""

# Two files of weights are the same but for rounding where their numbers differ by no more than
# ROUNDING_LIMIT of their array's largest number: 80 times what float32 can tell apart, since
# training on another processor adds up in another order (1.5e-6 were seen between two choices of
# kernels). A coarser dtype, float16, gets ROUNDING_EPSILONS times what it can tell apart.
ROUNDING_LIMIT = 1e-5
ROUNDING_EPSILONS = 2
