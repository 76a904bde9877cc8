#include "src/formats/state_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "src/base/error.h"
#include "src/base/json_place.h"
#include "src/base/sha256.h"

namespace edge_int8 {
namespace {

constexpr std::string_view kMagic = "edge-int8 training state 2\n";
constexpr std::size_t kHashDigits = 64;

std::string Hash(std::string_view text) {
  return Sha256(std::as_bytes(std::span(text)));
}

}  // namespace

// Layout: magic, SHA-256 of the rest in hex, newline, a line of JSON, floats.
std::string StateFileBytes(
    const nlohmann::json& counters,
    const std::map<std::string, std::span<const float>>& arrays) {
  nlohmann::json sizes = nlohmann::json::object();
  std::string values;
  for (const auto& [name, array] : arrays) {
    sizes[name] = array.size();
    values.append(reinterpret_cast<const char*>(array.data()),
                  array.size_bytes());
  }
  const nlohmann::json head = {{"counters", counters}, {"tensors", sizes}};
  const std::string body = head.dump() + "\n" + values;
  return std::string(kMagic) + Hash(body) + "\n" + body;
}

StateFile ParseStateFile(std::string_view bytes, const std::string& name) {
  const std::size_t start = kMagic.size() + kHashDigits + 1;
  if (!bytes.starts_with(kMagic) || bytes.size() < start ||
      bytes[start - 1] != '\n' ||
      Hash(bytes.substr(start)) != bytes.substr(kMagic.size(), kHashDigits)) {
    FailInput(name,
              "not a whole training state of this version; start again without "
              "--resume");
  }
  return ParseStateBody(bytes.substr(start), name);
}

StateFile ParseStateBody(std::string_view body, const std::string& name) {
  const std::size_t line = std::min(body.find('\n'), body.size());
  const nlohmann::json head =
      ParseJsonText(std::string(body.substr(0, line)), name);
  const JsonPlace top(head, name);
  StateFile state{top.At("counters").value(), {}};
  std::size_t at = std::min(line + 1, body.size());
  for (const auto& [key, size] : top.At("tensors").Members()) {
    const int64_t left =
        static_cast<int64_t>((body.size() - at) / sizeof(float));
    const auto count = static_cast<std::size_t>(size.IntegerIn(0, left));
    std::vector<float> values(count);
    if (count > 0) {
      std::memcpy(values.data(), body.data() + at, count * sizeof(float));
    }
    at += count * sizeof(float);
    if (std::ranges::any_of(values, [](float v) { return std::isnan(v); })) {
      size.Fail("holds a value that is not a number");
    }
    state.arrays.emplace(key, std::move(values));
  }
  if (at != body.size()) {
    FailInput(name, fmt::format("{} bytes too many", body.size() - at));
  }
  return state;
}

}  // namespace edge_int8
