"""Runs an .onnx model in ONNX Runtime: windows .npy in, poses .npy out.

    python run_onnx.py --model half.onnx --input X.npy --output Y.npy

Several models at once: --model, --input and --output take as many files each.

ONNX's own checker looks at the model first. `edge-int8 verify` and `evaluate
--predictions` read the poses. --exact-int8 keeps ONNX Runtime from the 16-bit
multiply-add that saturates on x86 without VNNI.
"""

import argparse

import numpy as np
import onnx
import onnxruntime


def run(model_path, windows, batch, threads, exact_int8):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if exact_int8:
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(
        model_path, options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    poses = [
        session.run(None, {name: windows[i : i + batch]})[0]
        for i in range(0, len(windows), batch)
    ]
    return np.concatenate(poses)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, nargs="+")
    parser.add_argument("--input", required=True, nargs="+")
    parser.add_argument("--output", required=True, nargs="+")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--exact-int8", action="store_true")
    args = parser.parse_args()
    for model, x, y in zip(args.model, args.input, args.output, strict=True):
        onnx.checker.check_model(onnx.load(model), full_check=True)
        windows = np.load(x, mmap_mode="r")
        poses = run(model, windows, args.batch, args.threads, args.exact_int8)
        np.save(y, poses.astype(np.float32))
        print(
            f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}: "
            f"{len(poses)} poses"
        )


if __name__ == "__main__":
    main()
