// IntegerModel: what quantize makes and load reads, callable on arrays.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/arith/boundary.h"
#include "python/bindings.h"
#include "python/long_call.h"
#include "python/model_files.h"
#include "python/numpy_arrays.h"
#include "python/shared_model.h"
#include "python/verb_arguments.h"
#include "src/base/seconds.h"
#include "src/qgraph/artifact_file.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace edge_int8::python {
namespace {

// A batch of so many may take seconds, so that Ctrl-C must end it.
constexpr int64_t kManyWindows = 256;

// body() without the GIL.
template <typename Body>
void RunWindows(int64_t count, const Body& body) {
  if (count >= kManyWindows) {
    LongCall([&] {
      body();
      return true;
    });
    return;
  }
  const nb::gil_scoped_release release;
  body();
}

nb::object Predict(const SharedModel& model, nb::handle x) {
  const ArrayView in(x, Item::kFloat32);
  const WindowCount windows = CountWindows(in.shape(), model.window());
  const NewArray out(windows.Of(model.result()), Item::kFloat32);
  RunWindows(windows.count, [&] {
    model.RunFloats(in.data<const float>(), windows.count, out.data<float>());
  });
  return out.object();
}

nb::object RunIntegers(const SharedModel& model, nb::handle x) {
  const ArrayView in(x, Item::kUint8);
  const WindowCount windows = CountWindows(in.shape(), model.window());
  const NewArray out(windows.Of(model.result()), Item::kInt32);
  RunWindows(windows.count, [&] {
    model.Run(in.data<const uint8_t>(), windows.count, out.data<int32_t>());
  });
  return out.object();
}

// Values one by one, from one array into another of the same number of them.
template <typename From, typename To, typename Convert>
void ConvertEach(const ArrayView& in, const NewArray& out, int64_t values,
                 const Convert& convert) {
  const nb::gil_scoped_release release;
  const From* const from = in.data<const From>();
  std::transform(from, from + values, out.data<To>(), convert);
}

nb::object QuantizeWindows(const SharedModel& model, nb::handle x) {
  const ArrayView in(x, Item::kFloat32);
  const WindowCount windows = CountWindows(in.shape(), model.window());
  const NewArray out(windows.Of(model.window()), Item::kUint8);
  const float factor = model.artifact().graph.input_factor;
  ConvertEach<float, uint8_t>(
      in, out, windows.count * ElementCount(model.window()), [&](float value) {
        return core::QuantizeInput(value, factor, model.input_zero());
      });
  return out.object();
}

nb::object DequantizeResults(const SharedModel& model, nb::handle y) {
  const ArrayView in(y, Item::kInt32);
  const WindowCount results = CountWindows(in.shape(), model.result());
  const NewArray out(results.Of(model.result()), Item::kFloat32);
  const float scale = model.artifact().graph.output_scale;
  ConvertEach<int32_t, float>(
      in, out, results.count * ElementCount(model.result()),
      [&](int32_t value) {
        return core::DequantizeOutput(value, scale, model.output_zero());
      });
  return out.object();
}

nb::bytes ToBytes(const SharedModel& model) {
  const std::vector<std::byte> bytes = model.Bytes();
  return nb::bytes(bytes.data(), bytes.size());
}

std::shared_ptr<SharedModel> FromBytes(const nb::bytes& bytes) {
  return ModelFromBytes(
      {static_cast<const std::byte*>(bytes.data()), bytes.size()});
}

std::string Representation(const SharedModel& model) {
  return "<edge_int8.IntegerModel " + model.artifact().graph.name + ": " +
         ShapeText(model.window()) + " -> " + ShapeText(model.result()) + ", " +
         std::string(core::IsaName(model.engine().isa())) + ">";
}

// What a run takes in C++ alone, for bench/python_call.py to compare with.
double SecondsOfRun(const SharedModel& model, nb::handle x) {
  const ArrayView in(x, Item::kFloat32);
  if (CountWindows(in.shape(), model.window()).count != 1) {
    throw nb::value_error("one window is timed");
  }
  std::vector<float> result(model.engine().output_size());
  const nb::gil_scoped_release release;
  const auto start = std::chrono::steady_clock::now();
  model.RunFloats(in.data<const float>(), 1, result.data());
  return SecondsSince(start);
}

using ModelClass = nb::class_<SharedModel>;

void BindRuns(ModelClass& model) {
  model.def("__call__", &Predict, "x"_a,
            nb::sig("def __call__(self, x: numpy.typing.ArrayLike) -> "
                    "numpy.typing.NDArray[numpy.float32]"),
            "Results of one window (shape input_shape) or of a batch (n, "
            "*input_shape), as float32 of shape output_shape or (n, "
            "*output_shape). float32 in C order is read where it lies; other "
            "floats, orders and strides are converted.");
  model.def("run_int", &RunIntegers, "x"_a,
            nb::sig("def run_int(self, x: "
                    "numpy.typing.NDArray[numpy.uint8]) -> "
                    "numpy.typing.NDArray[numpy.int32]"),
            "The integers themselves: uint8 windows (input_shape or (n, "
            "*input_shape)) to int32 results. The same bits on every machine.");
  model.def("quantize", &QuantizeWindows, "x"_a,
            nb::sig("def quantize(self, x: numpy.typing.ArrayLike) -> "
                    "numpy.typing.NDArray[numpy.uint8]"),
            "Windows of floats as the bytes that run_int takes: clip(rint(x * "
            "input_factor) + input_zero_point, 0, 255), NaN as 0.0.");
  model.def("dequantize", &DequantizeResults, "y"_a,
            nb::sig("def dequantize(self, y: "
                    "numpy.typing.NDArray[numpy.int32]) -> "
                    "numpy.typing.NDArray[numpy.float32]"),
            "Results of run_int as floats: (y - output_zero_point) * "
            "output_scale.");
}

void BindFacts(ModelClass& model) {
  model.def_prop_ro(
      "input_shape", [](const SharedModel& m) { return TupleOf(m.window()); },
      nb::sig("def input_shape(self) -> tuple[int, ...]"),
      "Axes of one window, without the batch.");
  model.def_prop_ro(
      "output_shape", [](const SharedModel& m) { return TupleOf(m.result()); },
      nb::sig("def output_shape(self) -> tuple[int, ...]"),
      "Axes of one result, without the batch.");
  model.def_prop_ro(
      "input_factor",
      [](const SharedModel& m) { return m.artifact().graph.input_factor; },
      "Steps of an input byte per unit.");
  model.def_prop_ro("input_zero_point", &SharedModel::input_zero,
                    "The input byte that means 0.");
  model.def_prop_ro(
      "output_scale",
      [](const SharedModel& m) { return m.artifact().graph.output_scale; },
      "One step of a result, in units of the output.");
  model.def_prop_ro("output_zero_point", &SharedModel::output_zero,
                    "The result that means 0.");
  model.def_prop_ro(
      "isa",
      [](const SharedModel& m) {
        return std::string(core::IsaName(m.engine().isa()));
      },
      "Instruction set of the kernels in use: \"avx512vnni\", \"neon\", ...");
  model.def_prop_ro(
      "arena_bytes",
      [](const SharedModel& m) { return m.engine().arena_bytes(); },
      "Memory of one run.");
  model.def_prop_ro(
      "name", [](const SharedModel& m) { return m.artifact().graph.name; },
      "Of the network.");
  model.def_prop_ro(
      "plan",
      [](const SharedModel& m) -> nb::object {
        if (!m.plan()) return nb::none();
        return nb::module_::import_("json").attr("loads")(
            JsonText(ToJson(*m.plan())));
      },
      nb::sig("def plan(self) -> dict | None"),
      "Bits, scales and zero points as quantize --plan-out writes them; None "
      "of "
      "a model that was loaded.");
}

void BindFiles(ModelClass& model) {
  model.def("to_bytes", &ToBytes, "What save writes, in memory.");
  model.def_static("from_bytes", &FromBytes, "content"_a,
                   nb::sig("def from_bytes(content: bytes) -> IntegerModel"),
                   "The model of an .ei8 file in memory.");
  model.def("__reduce__", [](const nb::object& self) {
    return nb::make_tuple(
        nb::module_::import_("edge_int8._verbs").attr("model_from_bytes"),
        nb::make_tuple(self.attr("to_bytes")()));
  });
  model.def(
      "save",
      [](const SharedModel& m, const std::filesystem::path& path, bool force) {
        LongCall([&] {
          return WriteArtifactFile(path, m.artifact(), IfExistsOf(force));
        });
      },
      "path"_a, nb::kw_only(), "force"_a = false,
      "Writes the .ei8 file, whole or not at all. A file that exists is "
      "replaced with force=True only.");
  model.def(
      "export_c",
      [](const SharedModel& m, const std::filesystem::path& folder,
         const std::optional<std::string>& name, const std::string& target,
         bool force) {
        LongCall([&] {
          ExportC(m, folder, name, target, force);
          return true;
        });
      },
      "folder"_a, nb::kw_only(), "name"_a = nb::none(), "target"_a = "generic",
      "force"_a = false,
      "Writes a folder of plain C99 that computes the same bits. Functions are "
      "edge_int8_NAME_...; by default NAME is the folder's. target is "
      "\"generic\", \"cortex-m4\", \"cortex-m33\", \"cortex-m55\", "
      "\"rv32imc\", "
      "\"aarch64\" or \"auto\".");
  model.def(
      "export",
      [](const SharedModel& m, const std::string& form,
         const std::filesystem::path& path, bool force) {
        LongCall([&] {
          ExportFile(m, form, path, force);
          return true;
        });
      },
      "form"_a, "path"_a, nb::kw_only(), "force"_a = false,
      "Writes the model as one file of another form: \"onnx-qdq\" or "
      "\"tflite\".");
}

}  // namespace

void BindIntegerModel(nb::module_& module) {
  ModelClass model(
      module, "IntegerModel",
      "A network of integers. quantize() makes one, load() reads one; calling "
      "it runs it. It never changes: threads may share it.");
  BindRuns(model);
  BindFacts(model);
  BindFiles(model);
  model.def("_seconds_of_run", &SecondsOfRun, "x"_a);
  model.def("__repr__", &Representation);
}

}  // namespace edge_int8::python
