"""Makes net.onnx, a network of one convolution, an LpPool and an Atan, with
windows.npy and expected.npy, what ONNX Runtime answers: what the program can
read only after one_of_each.patch. Needs onnx, onnxruntime and NumPy."""
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)


def weights(name, *shape):
    array = rng.normal(0, 0.3, shape).astype(np.float32)
    return numpy_helper.from_array(array, name)


graph = helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("LpPool", ["c"], ["p"], kernel_shape=[2, 2],
                         strides=[2, 2]),
        helper.make_node("Atan", ["p"], ["a"]),
        helper.make_node("Flatten", ["a"], ["f"]),
        helper.make_node("Gemm", ["f", "v"], ["y"], transB=1),
    ],
    "one_of_each",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])],
    [weights("w", 8, 4, 3, 3), weights("b", 8), weights("v", 6, 128)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                          ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, HERE / "net.onnx")
windows = rng.random((64, 4, 8, 8), dtype=np.float32)
session = onnxruntime.InferenceSession(str(HERE / "net.onnx"))
np.save(HERE / "windows.npy", windows)
np.save(HERE / "expected.npy", np.concatenate(
    [session.run(None, {"x": w[None]})[0] for w in windows]))
