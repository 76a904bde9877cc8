// Every integer operator as C: random graphs of many operators, each exported
// once and run step by step, so that every tensor is compared with the
// reference and not only the last.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <variant>

#include "core/container/op_tensors.h"
#include "core/reference/run_reference.h"
#include "src/base/as_size.h"
#include "src/export/c/c_memory.h"
#include "src/export/c/c_project.h"
#include "src/export/c/c_text.h"
#include "tests/export/export_models.h"
#include "tests/export/many_operators.h"
#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

using core::IntegerGraph;

// Whether the export has a step for the operator.
bool HasStep(const IntegerGraph& graph, const core::IntegerOp& any) {
  if (const auto* op = std::get_if<core::TransposeOp>(&any)) {
    return !KeepsStorage(graph.tensors[AsSize(op->input)], *op);
  }
  if (const auto* op = std::get_if<core::MoveOp>(&any)) {
    return !KeepsStorage(graph, *op);
  }
  return !std::holds_alternative<core::ConstantOp>(any);
}

// A program that runs the steps of one window and compares each operator's
// tensor, the values in storage order.
std::string StepByStep(const IntegerGraph& graph, uint64_t seed) {
  const std::vector<uint8_t> window = core::RandomWindow(graph, seed);
  const std::vector<core::Values> all = core::RunReference(graph, window);
  std::string arrays = CArray("uint8_t", "window", Widened(window));
  std::string calls;
  for (const core::IntegerOp& any : graph.ops) {
    const int32_t id = core::OutputOf(any);
    const CWalk walk =
        WalkChannelMajor(graph.tensors[AsSize(id)], kStorageAxes);
    std::vector<int64_t> values;
    for (int32_t i = 0; i < walk.extent[0]; ++i) {
      for (int32_t j = 0; j < walk.extent[1]; ++j) {
        for (int32_t k = 0; k < walk.extent[2]; ++k) {
          values.push_back(all[AsSize(id)][AsSize(
              i * walk.step[0] + j * walk.step[1] + k * walk.step[2])]);
        }
      }
    }
    arrays += CArray("int32_t", fmt::format("expected_{}", id), values);
    if (HasStep(graph, any)) calls += "  step(&memory);\n";
    calls += fmt::format("  check({}, {}, expected_{}, &memory);\n", id,
                         any.index(), id);
  }
  return arrays + R"(
static int32_t next, wrong;
static void step(const ei8_memory* memory) {
  ei8_steps[next].run(ei8_steps[next].op, memory);
  ++next;
}
static void check(int id, int kind, const int32_t* expected,
                  const ei8_memory* memory) {
  const ei8_tensor* t = &tensors[id];
  const void* y = ei8_at(t, memory);
  for (int32_t i = 0; i < t->height * t->width * t->channels; ++i) {
    const int32_t got = t->type == EI8_S32 ? ((const int32_t*)y)[i]
                                           : ei8_load(y, t->type, i);
    if (got == expected[i]) continue;
    printf("tensor %d (operator kind %d) at %d: %d, expected %d\n", id, kind,
           (int)i, (int)got, (int)expected[i]);
    ++wrong;
    return;
  }
}
int main(void) {
  static uint32_t arena[EI8_ARENA_BYTES / 4];
  uint8_t* bytes = (uint8_t*)arena;
  const ei8_memory memory = {bytes, bytes + ei8_window_offset};
  ei8_reorder(&ei8_input_order, window, memory.window);
)" + calls +
         "  if (next != ei8_step_count) ++wrong;\n  return wrong;\n}\n";
}

class CompiledOperators : public testing::TestWithParam<int> {};

TEST_P(CompiledOperators, GiveTheReferencesBitsOneByOne) {
  const auto seed = static_cast<uint64_t>(GetParam());
  const bool sanitized = GetParam() == 0;
  const IntegerGraph graph =
      ManyOperators(seed, static_cast<core::OpKind>(seed % core::kOpKinds));
  std::set<std::size_t> kinds;
  for (const core::IntegerOp& op : graph.ops) kinds.insert(op.index());
  EXPECT_GE(kinds.size(), 12u);  // of 15
  const TempFolder folder;
  WriteCProject(MakeCProject(ArtifactOf(graph), {"net", "", 2}), folder / "net",
                IfExists::kFail);
  const std::string f = folder.path().string();
  folder.Write("steps.c",
               "#include <stdio.h>\n#include \"edge_int8_net.h\"\n"
               "#include \"edge_int8_net_tables.c\"\n" +
                   WithPrefix("#include \"ei8_arithmetic.h\"\n" +
                                  StepByStep(graph, seed + 100),
                              "net"));
  const std::string flags = sanitized ? "cc -O1 -fsanitize=address,undefined "
                                        "-fno-sanitize-recover=all "
                                      : "cc -O2 ";
  const std::string include = kStrict + ("-I" + f) + "/net/include -I" + f +
                              "/net/src -I" + f + "/net/check ";
  const CommandResult steps =
      RunCommand("sources=$(ls " + f + "/net/src/*.c | grep -v tables) && " +
                 flags + include + "-fno-strict-aliasing -o " + f + "/steps " +
                 f + "/steps.c $sources && " + f + "/steps");
  EXPECT_EQ(steps.exit_code, 0) << steps.output;
  const CommandResult golden = RunCommand(
      flags + include + "-fno-strict-aliasing -o " + f + "/checker " + f +
      "/net/src/*.c " + f + "/net/check/*.c && " + f + "/checker");
  EXPECT_EQ(golden.output, "2 windows, 0 wrong\n");
}

INSTANTIATE_TEST_SUITE_P(COperators, CompiledOperators, testing::Range(0, 4));

}  // namespace
}  // namespace edge_int8
