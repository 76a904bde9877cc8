"""A float ONNX of this project as .tflite, float and full-integer, through
TensorFlow's converter: run by litert_peer.py in an environment of its own.

    python onnx_to_tflite.py MODEL.onnx CALIBRATION.npy FOLDER BATCH

Only the operators that `edge-int8 export onnx` writes. Images are kept channels
last, as TensorFlow wants them; tensors of five axes stay in ONNX's order.
"""

import os
import sys

import numpy as np
import onnx
import tensorflow as tf


class Walker:
    def __init__(self, graph):
        self.graph = graph
        self.values = {i.name: onnx.numpy_helper.to_array(i)
                       for i in graph.initializer}

    def __call__(self, csi):
        self.values[self.graph.input[0].name] = csi
        for node in self.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a)
                          for a in node.attribute}
            inputs = [self.values[name] for name in node.input]
            found = getattr(self, node.op_type)(*inputs, **attributes)
            many = found if isinstance(found, (list, tuple)) else [found]
            self.values.update(zip(node.output, many))
        return self.values[self.graph.output[0].name]

    def Unsqueeze(self, x, axes):  # [n][C][T] -> [n][1][T][C]
        return tf.expand_dims(tf.transpose(x, [0, 2, 1]), 1)

    def Squeeze(self, x, axes):  # [n][joints][1][2] is [n][2][joints][1]
        return tf.squeeze(self.plain(x), [int(axes[0]) % 4])

    def Conv(self, x, w, b, dilations, group, kernel_shape, pads, strides):
        x = tf.pad(x, [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]])
        y = tf.nn.conv2d(x, np.transpose(w, [2, 3, 1, 0]), strides, 'VALID',
                         dilations=dilations)
        return tf.nn.bias_add(y, b)

    def Sigmoid(self, x):
        return tf.sigmoid(x)

    def Mul(self, a, b):
        return a * b

    def Add(self, a, b):
        if isinstance(b, np.ndarray) and b.ndim >= 3:  # per channel
            b = b.reshape(-1)
        return a + b

    @staticmethod
    def plain(x):  # an image in ONNX's order of axes
        return tf.transpose(x, [0, 3, 1, 2])

    @staticmethod
    def image(x):
        return tf.transpose(x, [0, 2, 3, 1])

    def Transpose(self, x, perm):
        if len(perm) == 4:
            return self.image(tf.transpose(self.plain(x), perm))
        return tf.transpose(x, perm)

    def Split(self, x, sizes, axis):
        return tf.split(x, [int(s) for s in sizes], axis=-1)

    def Reshape(self, x, shape):
        n = x.shape[0]
        if len(x.shape) == 4:
            return tf.reshape(self.plain(x), [n] + [int(s) for s in shape[1:]])
        return self.image(tf.reshape(x, [n] + [int(s) for s in shape[1:]]))

    def MatMul(self, a, b):
        flat = [tf.reshape(x, [-1, x.shape[-2], x.shape[-1]]) for x in (a, b)]
        return tf.reshape(tf.matmul(*flat),
                          list(a.shape[:-1]) + [b.shape[-1]])

    def Softmax(self, x, axis):
        return tf.nn.softmax(x)

    def AveragePool(self, x, kernel_shape, strides):
        return tf.nn.avg_pool2d(x, kernel_shape, strides, 'VALID')


def convert(model, batch, samples, path):
    run = tf.function(lambda csi: Walker(model.graph)(csi), input_signature=[
        tf.TensorSpec([batch, 540, 20], tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [run.get_concrete_function()])
    if samples is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: (
            [samples[i:i + batch]] for i in range(0, len(samples), batch))
    with open(path, 'wb') as out:
        out.write(converter.convert())


def main():
    model_path, samples_path, folder, batch = sys.argv[1:5]
    model = onnx.load(model_path)
    samples = np.load(samples_path)
    os.makedirs(folder, exist_ok=True)
    for name, given in (('float32', None), ('int8', samples)):
        convert(model, int(batch), given,
                os.path.join(folder, f'{name}_{batch}.tflite'))


if __name__ == '__main__':
    main()
