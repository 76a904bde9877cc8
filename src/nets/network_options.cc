#include "src/nets/network_options.h"

namespace edge_int8 {

std::vector<std::string> NetworkOptions::Arguments() const {
  std::vector<std::string> arguments;
  const auto add = [&](const char* flag, std::string value) {
    arguments.emplace_back(flag);
    arguments.push_back(std::move(value));
  };
  if (variant) add("--variant", *variant);
  if (weights) add("--weights", *weights);
  if (joints) add("--joints", std::to_string(*joints));
  if (frames) add("--frames", std::to_string(*frames));
  if (head) add("--head", *head);
  return arguments;
}

NetworkOptions NetworkOptions::For(const Shape& data_window) const {
  NetworkOptions options = *this;
  options.window = data_window;
  return options;
}

}  // namespace edge_int8
