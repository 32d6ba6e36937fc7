"""A Keras model as a SavedModel whose only use is its signature: the last resort of `rescue`."""


def export_model(tf, keras, model, names, specs, folder):
    """Write the model into `folder`, with inputs called `names` and outputs `output_0`, ...

    `specs` are the inputs as open_keras describes them, in the order of the names.
    """
    if not tf.executing_eagerly():  # 1.15, and the Keras that was a package of its own
        session = keras.backend.get_session()
        inputs = dict(zip(names, model.inputs))
        tf.compat.v1.saved_model.simple_save(session, folder, inputs, name_outputs(model.outputs))
        return
    wanted = [tf.TensorSpec(spec["shape"], spec["dtype"], name) for name, spec in zip(names, specs)]

    @tf.function(input_signature=wanted)
    def serve(*tensors):
        given = tensors[0] if len(tensors) == 1 else list(tensors)
        return name_outputs(tf.nest.flatten(model(given, training=False)))

    module = tf.Module()
    module.model = model  # what is not tracked is not saved
    tf.saved_model.save(module, folder, signatures={"serving_default": serve})


def export_signature(tf, path, name, folder):
    """Write one signature of a SavedModel into `folder`, and of the rest only its variables.

    Slots of an optimizer are left behind: Keras 3 registers no optimizer for SavedModels, so
    tf.saved_model.load fails with "no attribute 'add_slot'" in TensorFlow 2.16 and later.
    """
    loaded = tf.compat.v2.saved_model.load(path)
    call = loaded.signatures[name]
    module = tf.Module()
    module.kept = list(call.variables)
    tf.saved_model.save(module, folder, signatures={name: call})


def name_outputs(tensors):
    """Return the outputs by names that sort as they stand."""
    digits = len(str(len(tensors)))
    return {"output_%0*d" % (digits, place): each for place, each in enumerate(tensors)}
