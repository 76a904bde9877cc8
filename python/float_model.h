// A float network as a callable: what `predict` runs for a .pth or an .onnx.
// Tested by tests/python/test_models.py.
#ifndef EDGE_INT8_PYTHON_FLOAT_MODEL_H_
#define EDGE_INT8_PYTHON_FLOAT_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "src/run/load_predictor.h"

namespace edge_int8::python {

class FloatModel {
 public:
  FloatModel(std::filesystem::path path, const NetworkOptions& network);

  const std::filesystem::path& path() const { return path_; }
  // As it was loaded with.
  const NetworkOptions& network() const { return network_; }
  const ModelShapes& shapes() const { return loaded_.predictor->shapes(); }
  int64_t parameters() const { return loaded_.parameters; }

  // Of `count` windows one after the other in memory. One call takes all cores:
  // a second thread's waits.
  std::vector<float> Run(const float* windows, int64_t count);

 private:
  const std::filesystem::path path_;
  const NetworkOptions network_;
  LoadedPredictor loaded_;
  std::mutex mutex_;
};

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_FLOAT_MODEL_H_
