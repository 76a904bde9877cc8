"""Runs a .tflite model in LiteRT: windows .npy in, poses .npy out.

    python run_tflite.py --model half.tflite --input X.npy --output Y.npy

Several models at once: --model, --input and --output take as many files each.
--runtime litert-reference keeps to LiteRT's plain kernels, --runtime tflm is
TFLite Micro's interpreter. Windows are quantized as the model's input says and
poses are real numbers again. The model itself is batch 1.
"""

import argparse

import numpy as np


def litert(model_path, threads, reference):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kind = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    interpreter = Interpreter(
        model_path=model_path,
        num_threads=threads,
        experimental_op_resolver_type=kind,
    )
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    result = interpreter.get_output_details()[0]

    def invoke(window):
        interpreter.set_tensor(source["index"], window)
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    return source["quantization"], source["dtype"], invoke, result["quantization"]


def tflm(model_path):
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(
        model_path, arena_size=16 * 1024 * 1024
    )
    source = interpreter.get_input_details(0)
    result = interpreter.get_output_details(0)

    def scale_of(details):
        q = details["quantization_parameters"]
        return float(q["scales"][0]), int(q["zero_points"][0])

    def invoke(window):
        interpreter.set_input(window, 0)
        interpreter.invoke()
        return interpreter.get_output(0)

    return scale_of(source), source["dtype"], invoke, scale_of(result)


def run(model, windows, runtime, threads):
    if runtime == "tflm":
        (scale, zero), dtype, invoke, (out_scale, out_zero) = tflm(model)
    else:
        (scale, zero), dtype, invoke, (out_scale, out_zero) = litert(
            model, threads, runtime == "litert-reference"
        )
    limits = np.iinfo(dtype)
    # The factor itself, not the rounded scale, decides ties.
    factor = np.float32(round(1 / scale * 1e4) / 1e4)
    poses = []
    for window in windows:
        q = np.rint(np.nan_to_num(window, nan=0.0) * factor) + zero
        q = np.clip(q, limits.min, limits.max).astype(dtype)
        poses.append((invoke(q[None])[0].astype(np.float64) - out_zero) * out_scale)
    return np.stack(poses).astype(np.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, nargs="+")
    parser.add_argument("--input", required=True, nargs="+")
    parser.add_argument("--output", required=True, nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--runtime",
        choices=["litert", "litert-reference", "tflm"],
        default="litert",
    )
    args = parser.parse_args()
    for model, x, y in zip(args.model, args.input, args.output, strict=True):
        windows = np.load(x, mmap_mode="r")
        poses = run(model, windows, args.runtime, args.threads)
        np.save(y, poses)
        print(f"{args.runtime}: {len(poses)} poses")


if __name__ == "__main__":
    main()
