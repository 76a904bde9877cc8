"""The stubs are those of the module, and what is public says what it does."""

import ast
import inspect
import pathlib
import unittest

import edge_int8
from edge_int8 import _native

PACKAGE = pathlib.Path(edge_int8.__file__).parent


class Stubs(unittest.TestCase):
    def test_package_is_typed(self):
        self.assertTrue((PACKAGE / "py.typed").is_file())

    def test_stub_names_what_is_there(self):
        stub = ast.parse((PACKAGE / "_native.pyi").read_text())
        classes = {
            node.name: node for node in stub.body if isinstance(node, ast.ClassDef)
        }
        self.assertEqual(set(classes), {"IntegerModel", "FloatModel"})
        for name, node in classes.items():
            methods = {
                part.name for part in node.body if hasattr(part, "name")
            }
            there = {n for n in vars(getattr(_native, name)) if n[0] != "_"}
            self.assertLessEqual(there, methods)
        call = next(
            part
            for part in classes["IntegerModel"].body
            if getattr(part, "name", "") == "__call__"
        )
        self.assertIn("NDArray[numpy.float32]", ast.unparse(call.returns))

    def test_every_public_name_has_a_docstring(self):
        for name in edge_int8.__all__:
            value = getattr(edge_int8, name)
            if not isinstance(value, str):
                self.assertTrue(inspect.getdoc(value), name)
            if inspect.isclass(value) and value.__module__ == "edge_int8._native":
                for part, member in vars(value).items():
                    if part[0] != "_":
                        self.assertTrue(inspect.getdoc(member), f"{name}.{part}")

    def test_shapes_stand_in_docstrings(self):
        for part in ("__call__", "run_int"):
            text = getattr(edge_int8.IntegerModel, part).__doc__
            self.assertIn("*input_shape", text)


if __name__ == "__main__":
    unittest.main()
