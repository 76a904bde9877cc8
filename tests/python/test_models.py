"""Models from quantize and load compute what the program computes."""

import pickle
import unittest

import edge_int8
import numpy as np
from python_support import (
    FOLDER,
    NETWORK,
    TWO_SETS,
    data_set,
    need_program,
    program_json,
    quantized,
    run_program,
    small_windows,
    windows,
)


@need_program
class QuantizesAsTheVerb(unittest.TestCase):
    def test_bytes_are_those_of_the_program(self):
        calibration = FOLDER / "calibration.npy"
        np.save(calibration, windows())
        for flags in ({}, {"weight_bits": 4, "seed": 3, "calib_batches": 1}):
            asked = {"recipe": "mse", **flags}
            made = edge_int8.quantize(NETWORK, calibration=windows(), **asked)
            out = FOLDER / "verb.ei8"
            words = ["quantize", "--checkpoint", NETWORK, "--force"]
            words += ["--calibration", calibration, "--out", out]
            for name, value in asked.items():
                words += ["--" + name.replace("_", "-"), value]
            run_program(*words)
            self.assertEqual(made.to_bytes(), out.read_bytes(), asked)

    def test_data_sets_calibrate(self):
        out = FOLDER / "by_data.ei8"
        run_program(
            *["quantize", "--checkpoint", NETWORK, "--recipe", "minmax"],
            *["--data", data_set(), "--out", out],
        )
        made = edge_int8.quantize(NETWORK, data=data_set(), recipe="minmax")
        self.assertEqual(made.to_bytes(), out.read_bytes())

    def test_a_plan_is_used_as_it_is(self):
        again = edge_int8.quantize(NETWORK, plan=quantized().plan)
        x = windows()[:3]
        np.testing.assert_array_equal(again(x), quantized()(x))


class Models(unittest.TestCase):
    def test_saved_is_what_is_loaded(self):
        path = FOLDER / "saved.ei8"
        quantized().save(path)
        loaded = edge_int8.load(path)
        self.assertEqual(loaded.to_bytes(), quantized().to_bytes())
        self.assertIsNone(loaded.plan)
        self.assertEqual(loaded.input_shape, (540, 20))
        self.assertEqual(loaded.output_shape, (15, 2))
        with self.assertRaisesRegex(edge_int8.UsageError, "force=True"):
            quantized().save(path)
        quantized().save(str(path), force=True)

    def test_integers_are_what_floats_become(self):
        model, x = quantized(), windows()[:5]
        integers = model.run_int(model.quantize(x))
        self.assertEqual(integers.dtype, np.int32)
        np.testing.assert_array_equal(model.dequantize(integers), model(x))
        self.assertEqual(model.input_factor, 255.0)

    def test_copies_by_pickle_compute_the_same(self):
        copy = pickle.loads(pickle.dumps(quantized()))
        x = windows()[0]
        np.testing.assert_array_equal(copy(x), quantized()(x))

    def test_a_float_network_is_near_its_integers(self):
        network = edge_int8.load(NETWORK)
        self.assertIsInstance(network, edge_int8.FloatModel)
        self.assertEqual(network.parameters, 56290)
        x = windows()[:8]
        self.assertEqual(network(x).shape, (8, 15, 2))
        np.testing.assert_array_equal(network(x[1]), network(x)[1])
        self.assertLess(np.abs(network(x) - quantized()(x)).max(), 0.2)

    @need_program
    def test_predictions_are_those_of_the_program(self):
        x, model = FOLDER / "x.npy", FOLDER / "predicts.ei8"
        np.save(x, windows())
        quantized().save(model, force=True)
        for path in (model, NETWORK):
            out = FOLDER / "y.npy"
            run_program(
                *["predict", "--model", path, "--input", x, "--output", out],
                "--force",
            )
            mine = edge_int8.load(path)(windows())
            np.testing.assert_array_equal(mine, np.load(out))


class FloatModelsAsModels(unittest.TestCase):
    """What is made of a FloatModel is made of the network that was loaded."""

    def setUp(self):
        sets = ("teacher.backbone", "student.backbone")
        self.teacher, self.student = (
            edge_int8.load(TWO_SETS, weights=name) for name in sets
        )
        self.x = small_windows()

    def made(self, model, **arguments):
        return edge_int8.quantize(
            model, self.x, recipe="minmax", **arguments
        ).to_bytes()

    def test_quantize_starts_from_its_arguments(self):
        of_file = [
            self.made(TWO_SETS, weights=f"{name}.backbone")
            for name in ("teacher", "student")
        ]
        self.assertNotEqual(*of_file)
        self.assertEqual(self.made(self.teacher), of_file[0])
        self.assertEqual(self.made(self.student), of_file[1])

    def test_what_is_given_beside_it_decides(self):
        again = self.made(self.teacher, weights="student.backbone")
        self.assertEqual(again, self.made(self.student))

    def test_describe_too(self):
        for model, name in (
            (self.teacher, "teacher"),
            (self.student, "student"),
        ):
            sets = edge_int8.describe(model)["weights"]
            used = [one["key"] for one in sets if one["used"]]
            self.assertEqual(len(used), 1)
            self.assertIn(name, used[0])


class Reports(unittest.TestCase):
    def test_describe_has_the_keys_of_the_verb(self):
        mine = edge_int8.describe(quantized())
        self.assertEqual(mine["file_bytes"], len(quantized().to_bytes()))
        self.assertEqual(mine["weight_bits"], [8])
        self.assertIn("multiply-accumulates per window", str(mine))
        self.assertEqual(edge_int8.describe(NETWORK)["params"], 56290)

    def test_verify_passes(self):
        report = edge_int8.verify(quantized(), windows=4)
        self.assertTrue(report["ok"], report)
        self.assertIn("golden vectors", str(report))
        lines = [
            f"ok    {check['name']}: {check['detail']}\n"
            for check in report["checks"]
        ]
        self.assertEqual(str(report), "".join(lines))

    @need_program
    def test_evaluate_is_the_verb(self):
        model = FOLDER / "evaluated.ei8"
        quantized().save(model, force=True)
        for path in (model, NETWORK):
            verb = program_json(
                "evaluate", "--model", path, "--data", data_set()
            )
            self.assertEqual(edge_int8.evaluate(path, data_set()), verb)
        mine = edge_int8.evaluate(quantized(), data=data_set())
        verb = program_json("evaluate", "--model", model, "--data", data_set())
        self.assertEqual(mine["score"], verb["score"])
        self.assertEqual(mine["model"]["sha256"], verb["model"]["sha256"])
        self.assertIn("PCK@20", str(mine))

    @need_program
    def test_predictions_are_scored(self):
        dataset = data_set()
        x = np.load(dataset / "csi_windows.npy")
        mine = edge_int8.evaluate(predictions=quantized()(x), data=dataset)
        whole = edge_int8.evaluate(quantized(), dataset)
        self.assertEqual(mine["score"], whole["score"])

    @need_program
    def test_explain_is_the_verb(self):
        words = ["explain", "--checkpoint", NETWORK, "--data", data_set()]
        verb = program_json(*words, "--recipe", "minmax", "--windows", 4)
        mine = edge_int8.explain(
            NETWORK, data_set(), recipe="minmax", windows=4
        )
        self.assertEqual(mine, verb)


class Exports(unittest.TestCase):
    def test_c_is_that_of_the_verb(self):
        mine, theirs = FOLDER / "tiny_c", FOLDER / "by_verb"
        quantized().export_c(mine)
        names = {file.name for file in mine.rglob("*") if file.is_file()}
        self.assertIn("export.json", names)
        with self.assertRaisesRegex(edge_int8.UsageError, "expected generic"):
            quantized().export_c(theirs, target="z80")
        with self.assertRaisesRegex(edge_int8.UsageError, "force=True"):
            quantized().export_c(mine)

    @need_program
    def test_files_are_those_of_the_verb(self):
        model = FOLDER / "exported.ei8"
        quantized().save(model, force=True)
        for form in ("onnx-qdq", "tflite"):
            mine, theirs = FOLDER / f"m.{form}", FOLDER / f"v.{form}"
            quantized().export(form, mine)
            run_program("export", form, "--model", model, "--out", theirs)
            self.assertEqual(mine.read_bytes(), theirs.read_bytes(), form)
        with self.assertRaisesRegex(edge_int8.UsageError, "expected onnx-qdq"):
            quantized().export("gguf", FOLDER / "no")


if __name__ == "__main__":
    unittest.main()
