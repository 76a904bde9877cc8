// What the user says of a network file beside its path: everything that the
// file may leave open. Tested by checkpoint_files_test.cc.
#ifndef EDGE_INT8_SRC_NETS_NETWORK_OPTIONS_H_
#define EDGE_INT8_SRC_NETS_NETWORK_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

// Of the network of a checkpoint; the least is 1.
inline constexpr int kMostJoints = 1024;
inline constexpr int kMostFrames = 65536;

struct NetworkOptions {
  std::optional<std::string> variant = {};  // overrides recognition
  // Which set of weights, where a checkpoint holds several: its key, or the
  // prefix that its names share.
  std::optional<std::string> weights = {};
  // What the shapes of a family's checkpoint leave open.
  std::optional<int> joints = {};
  std::optional<int> frames = {};
  // Which output of an ONNX file with several.
  std::optional<std::string> head = {};
  // Axes of a window of the data, where they are known: what an ONNX file
  // leaves open.
  Shape window = {};
  // Told what a user should know: which set is used, what was left out.
  std::function<void(std::string_view)> note = {};

  void Note(std::string_view text) const {
    if (note) note(text);
  }
  // The same for windows of the data's shape.
  NetworkOptions For(const Shape& data_window) const;
  // The flags that say the same to another program: --variant half ...
  std::vector<std::string> Arguments() const;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_NETWORK_OPTIONS_H_
