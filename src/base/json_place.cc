#include "src/base/json_place.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include "src/base/error.h"
#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// More than any of these files needs, and safe to walk by recursion.
constexpr int kDeepest = 64;
constexpr std::uintmax_t kMostBytes = 256u << 20;

}  // namespace

json ParseJsonText(const std::string& text, const std::string& file) {
  bool too_deep = false;
  const auto watch = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  try {
    json value = json::parse(text, watch);
    if (too_deep) {
      FailInput(file, fmt::format("nested deeper than {}", kDeepest));
    }
    return value;
  } catch (const json::exception& error) {
    FailInput(file, fmt::format("is not JSON: {}", VisibleText(error.what())));
  }
}

json ReadJsonFile(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed) FailInput(path.string(), "can't be read");
  if (size > kMostBytes) FailInput(path.string(), "is larger than 256 MiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) FailInput(path.string(), "can't be read");
  return ParseJsonText({std::istreambuf_iterator<char>(in), {}}, path.string());
}

void JsonPlace::Fail(std::string_view what) const {
  FailInput(fmt::format("{} at {}", file_, pointer_.empty() ? "/" : pointer_),
            what);
}

JsonPlace JsonPlace::Child(const json& value, std::string_view key) const {
  // A hostile key must not fill the terminal.
  return JsonPlace(
      value, file_,
      fmt::format("{}/{}", pointer_, ShortenMiddle(VisibleText(key), 60)));
}

std::optional<JsonPlace> JsonPlace::Find(std::string_view key) const {
  if (!value_->is_object()) Fail("expected an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return Child(*found, key);
}

JsonPlace JsonPlace::At(std::string_view key) const {
  const std::optional<JsonPlace> found = Find(key);
  if (!found) Fail(fmt::format("expected a key \"{}\"", key));
  return *found;
}

std::vector<JsonPlace> JsonPlace::Items() const {
  if (!value_->is_array()) Fail("expected an array");
  std::vector<JsonPlace> items;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    items.push_back(Child((*value_)[i], std::to_string(i)));
  }
  return items;
}

std::vector<std::pair<std::string, JsonPlace>> JsonPlace::Members() const {
  if (!value_->is_object()) Fail("expected an object");
  std::vector<std::pair<std::string, JsonPlace>> members;
  for (const auto& [key, member] : value_->items()) {
    members.emplace_back(key, Child(member, key));
  }
  return members;
}

double JsonPlace::Number() const {
  if (!value_->is_number()) Fail("expected a number");
  const auto number = value_->get<double>();
  if (!std::isfinite(number)) Fail("expected a finite number");
  return number;
}

int64_t JsonPlace::Integer() const {
  const double number = Number();
  if (number != std::floor(number) || std::abs(number) > 0x1p53) {
    Fail("expected an integer");
  }
  return static_cast<int64_t>(number);
}

double JsonPlace::NumberIn(double low, double high) const {
  const double number = Number();
  if (number < low || number > high) {
    Fail(fmt::format("is {:g}, expected {:g} to {:g}", number, low, high));
  }
  return number;
}

int64_t JsonPlace::IntegerIn(int64_t low, int64_t high) const {
  const int64_t number = Integer();
  if (number < low || number > high) {
    Fail(fmt::format("is {}, expected {} to {}", number, low, high));
  }
  return number;
}

std::string JsonPlace::Text() const {
  if (!value_->is_string()) Fail("expected a text");
  return value_->get<std::string>();
}

bool JsonPlace::Boolean() const {
  if (!value_->is_boolean()) Fail("expected true or false");
  return value_->get<bool>();
}

std::optional<double> JsonPlace::FindNumber(std::string_view key) const {
  const std::optional<JsonPlace> found = Find(key);
  return found ? std::optional(found->Number()) : std::nullopt;
}

std::optional<double> JsonPlace::FindNumberIn(std::string_view key, double low,
                                              double high) const {
  const std::optional<JsonPlace> found = Find(key);
  return found ? std::optional(found->NumberIn(low, high)) : std::nullopt;
}

std::optional<std::string> JsonPlace::FindText(std::string_view key) const {
  const std::optional<JsonPlace> found = Find(key);
  return found ? std::optional(found->Text()) : std::nullopt;
}

}  // namespace edge_int8
