// The runtime in C++17: edge_int8.h with ownership and exceptions. Header-only,
// so it fits any compiler and standard library. docs/embedding.md is a program
// in 15 lines. Tested by c_api_test.cc and, installed, by install_test.cc.
#ifndef EDGE_INT8_INTEGER_MODEL_H_
#define EDGE_INT8_INTEGER_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "edge_int8/edge_int8.h"

namespace edge_int8 {

// A model that never changes: threads may share one, each with its own arena.
class IntegerModel {
 public:
  using Arena = std::vector<unsigned char>;

  // Throws std::runtime_error: "half.ei8: operator 7, item 3: a weight is
  // outside its bits".
  explicit IntegerModel(const std::string& path) {
    edge_int8_model* model = nullptr;
    edge_int8_problem problem{};
    const auto status = edge_int8_load_file(path.c_str(), &model, &problem);
    Own(model, status, problem, path);
  }
  // The same from `size` bytes, which are not needed afterwards.
  IntegerModel(const void* bytes, std::size_t size) {
    edge_int8_model* model = nullptr;
    edge_int8_problem problem{};
    const auto status = edge_int8_load_memory(bytes, size, &model, &problem);
    Own(model, status, problem, "model in memory");
  }

  const edge_int8_info& info() const { return info_; }
  Arena MakeArena() const { return Arena(info_.arena_bytes); }

  // input: info().input_size bytes; output: info().output_size integers.
  void Run(const std::uint8_t* input, std::int32_t* output,
           Arena& arena) const {
    Require(
        edge_int8_run(model_.get(), input, output, arena.data(), arena.size()),
        "run");
  }

  // A window of info().input_size floats to info().output_size coordinates.
  std::vector<float> Predict(const float* window, Arena& arena) const {
    std::vector<float> pose(info_.output_size);
    Require(edge_int8_run_floats(model_.get(), window, pose.data(),
                                 arena.data(), arena.size()),
            "run");
    return pose;
  }

  // For the functions of edge_int8.h that have no form here.
  const edge_int8_model* get() const { return model_.get(); }

 private:
  struct Free {
    void operator()(edge_int8_model* model) const { edge_int8_free(model); }
  };

  static void Require(edge_int8_status status, const std::string& what) {
    if (status == EDGE_INT8_OK) return;
    throw std::runtime_error(what + ": " + edge_int8_status_name(status));
  }

  void Own(edge_int8_model* model, edge_int8_status status,
           const edge_int8_problem& problem, std::string what) {
    model_.reset(model);
    if (status == EDGE_INT8_BAD_MODEL) {
      what += ": ";
      if (problem.op >= 0) what += "operator " + std::to_string(problem.op);
      if (problem.op >= 0 && problem.item >= 0) what += ", ";
      if (problem.item >= 0) what += "item " + std::to_string(problem.item);
      if (problem.op >= 0 || problem.item >= 0) what += ": ";
      throw std::runtime_error(what + problem.rule);
    }
    Require(status, what);
    edge_int8_describe(model_.get(), &info_);
  }

  std::unique_ptr<edge_int8_model, Free> model_;
  edge_int8_info info_{};
};

}  // namespace edge_int8

#endif  // EDGE_INT8_INTEGER_MODEL_H_
