"""Which options of which layers the numpy forward pass knows; every other option is refused.

`python -m docs.reference.list_layers` prints the table for the documents.
"""

from typing import Any

from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain

# What every layer has, and what acts in training only.
EVERYWHERE = (
    "name trainable dtype batch_input_shape batch_shape input_shape input_dim input_length sparse"
    " ragged seed autocast build_config activity_regularizer implementation unit_forget_bias"
    " use_cudnn input_dtype optional renorm_momentum oov_method"
)
TRAINING_ONLY = ("_initializer", "_regularizer", "_constraint")
CONVOLUTION = (
    "rank filters kernel_size strides padding data_format dilation_rate activation use_bias"
)
POOLING = "pool_size strides padding data_format"
RECURRENT = (
    "units activation recurrent_activation use_bias dropout recurrent_dropout return_sequences"
    " return_state go_backwards unroll reset_after time_major stateful zero_output_for_mask"
)
RANDOM = (
    "factor mode value_range height_factor width_factor fill_mode fill_value interpolation"
    " data_format lower upper"
)
NORMALIZING = "axis epsilon scale center momentum"
OPTIONS = {
    "Activation": "activation",
    "ActivityRegularization": "l1 l2",
    "AdditiveAttention": "use_scale dropout causal",
    "AlphaDropout": "rate noise_shape",
    "Attention": "use_scale score_mode dropout causal",
    "BatchNormalization": NORMALIZING,
    "Bidirectional": "layer backward_layer merge_mode",
    "CategoryEncoding": "num_tokens max_tokens output_mode",
    "Concatenate": "axis",
    "Dense": "units activation use_bias",
    "Discretization": "bin_boundaries num_bins epsilon output_mode",
    "Dot": "axes normalize",
    "Dropout": "rate noise_shape",
    "ELU": "alpha",
    "EinsumDense": "equation output_shape activation bias_axes",
    "Embedding": "output_dim mask_zero",
    "Flatten": "data_format",
    "GaussianDropout": "rate",
    "GaussianNoise": "stddev",
    "GroupNormalization": NORMALIZING + " groups",
    "GRU": RECURRENT,
    "Identity": "",
    "InputLayer": "",
    "IntegerLookup": (
        "vocabulary vocabulary_dtype vocabulary_size max_tokens num_oov_indices mask_token"
        " oov_token mask_value oov_value invert output_mode"
    ),
    "LayerNormalization": NORMALIZING,
    "LeakyReLU": "alpha negative_slope",
    "LSTM": RECURRENT,
    "Masking": "mask_value",
    "MultiHeadAttention": (
        "num_heads key_dim value_dim dropout use_bias output_shape attention_axes query_shape"
        " key_shape value_shape softmax_robust_masking"
    ),
    "Normalization": "axis mean variance invert",
    "PReLU": "shared_axes",
    "Permute": "dims",
    "RMSNormalization": "axis epsilon",
    "RNN": RECURRENT + " cell",
    "ReLU": "max_value negative_slope threshold",
    "RepeatVector": "n",
    "Rescaling": "scale offset",
    "Reshape": "target_shape",
    "Resizing": "height width interpolation data_format fill_mode fill_value",
    "SimpleRNN": RECURRENT,
    "Softmax": "axis",
    "SpatialDropout1D": "rate noise_shape data_format",
    "SpatialDropout2D": "rate noise_shape data_format",
    "SpatialDropout3D": "rate noise_shape data_format",
    "ThresholdedReLU": "theta",
    "TimeDistributed": "layer",
    "UnitNormalization": "axis",
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"), ""),
    **{f"Random{kind}": RANDOM for kind in ("Brightness", "Contrast", "Flip", "Rotation")},
    **{f"Random{kind}": RANDOM for kind in ("Translation", "Zoom")},
    **{f"Conv{size}D": CONVOLUTION + " groups" for size in (1, 2, 3)},
    **{f"Conv{size}DTranspose": CONVOLUTION + " groups output_padding" for size in (1, 2, 3)},
    **{f"DepthwiseConv{size}D": CONVOLUTION + " depth_multiplier groups" for size in (1, 2)},
    **{f"SeparableConv{size}D": CONVOLUTION + " depth_multiplier groups" for size in (1, 2)},
    **{f"AveragePooling{size}D": POOLING for size in (1, 2, 3)},
    **{f"MaxPooling{size}D": POOLING for size in (1, 2, 3)},
    **{f"GlobalAveragePooling{size}D": "data_format keepdims" for size in (1, 2, 3)},
    **{f"GlobalMaxPooling{size}D": "data_format keepdims" for size in (1, 2, 3)},
    **{f"ZeroPadding{size}D": "padding data_format" for size in (1, 2, 3)},
    **{f"Cropping{size}D": "cropping data_format" for size in (1, 2, 3)},
    **{f"UpSampling{size}D": "size data_format interpolation" for size in (1, 2, 3)},
}
REFUSED_UNLESS = {"output_padding": (None,), "groups": (None, 1)}  # for layers but Conv and Group
FLOATS = ("float32", "float64")
HALF = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "string")
TAKE_WHOLE = {"InputLayer", "CategoryEncoding", "Discretization", "IntegerLookup", "Embedding"}


def check_options(layer: Layer, half: bool = False) -> None:
    """Raise CannotCompute for an option that is not known here, and for half precision.

    `half`: half precision will do.
    """
    known = {*OPTIONS[layer.class_name].split(), *EVERYWHERE.split()}
    for key, value in layer.config.items():
        absent = value is None or value is False
        if key not in known and not key.endswith(TRAINING_ONLY) and not absent:
            raise CannotCompute(f"the option {plain(key, 30)} of {plain(layer.name, 40)}")
    conv = layer.class_name in ("Conv1D", "Conv2D", "Conv3D", "GroupNormalization")
    for key, allowed in {} if conv else REFUSED_UNLESS.items():
        if layer.config.get(key) not in allowed:
            raise CannotCompute(f"the {key} of {plain(layer.name, 40)}")
    dtype = read_dtype(layer.config.get("dtype"))
    whole = dtype in WHOLE and layer.class_name in TAKE_WHOLE
    if dtype not in FLOATS and not whole and not (half and dtype in HALF):
        raise CannotCompute(f"{plain(layer.name, 40)} computes in {plain(dtype, 30)}")


def read_dtype(value: Any) -> str:
    """Return the dtype of a layer, or the name of its policy."""
    if value is None:
        return "float32"
    if isinstance(value, dict):
        inner = value.get("config")
        named = inner.get("name") if isinstance(inner, dict) else None
        plain_policy = value.get("class_name") in ("DTypePolicy", "Policy")
        return str(named) if plain_policy else str(value.get("class_name"))
    return str(value)
