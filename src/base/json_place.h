// A value of a JSON file together with where it is, so that a wrong one can be
// named: "run/results.json at /fp32/clean/pck@20: expected a number". Tested by
// json_place_test.cc.
#ifndef EDGE_INT8_SRC_BASE_JSON_PLACE_H_
#define EDGE_INT8_SRC_BASE_JSON_PLACE_H_

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Bounds of what any finite number and any count may be, for readers that know
// no narrower ones.
inline constexpr double kAnyNumber = std::numeric_limits<double>::max();
inline constexpr int64_t kAnyCount = int64_t{1} << 52;

class JsonPlace {
 public:
  // `value` must outlive the place and those taken from it.
  JsonPlace(const nlohmann::json& value, std::string file,
            std::string pointer = "")
      : value_(&value), file_(std::move(file)), pointer_(std::move(pointer)) {}

  // Nothing for an absent key or null; throws kBadInput when this is no object.
  std::optional<JsonPlace> Find(std::string_view key) const;
  JsonPlace At(std::string_view key) const;  // must be there
  std::vector<JsonPlace> Items() const;      // of an array
  // Of an object, in its own (sorted) order.
  std::vector<std::pair<std::string, JsonPlace>> Members() const;

  double Number() const;  // finite
  // In [low, high]: whoever knows what a number is of says how large it may be,
  // so that 1e308 stops here and not where it is drawn.
  double NumberIn(double low, double high) const;
  int64_t Integer() const;  // also 3.0
  int64_t IntegerIn(int64_t low, int64_t high) const;
  std::string Text() const;
  bool Boolean() const;

  bool IsObject() const { return value_->is_object(); }
  bool IsArray() const { return value_->is_array(); }
  bool IsNumber() const { return value_->is_number(); }
  bool IsText() const { return value_->is_string(); }

  // The value or nothing, for keys that may be absent or null.
  std::optional<double> FindNumber(std::string_view key) const;
  std::optional<double> FindNumberIn(std::string_view key, double low,
                                     double high) const;
  std::optional<std::string> FindText(std::string_view key) const;

  const nlohmann::json& value() const { return *value_; }
  [[noreturn]] void Fail(std::string_view what) const;

 private:
  JsonPlace Child(const nlohmann::json& value, std::string_view key) const;

  const nlohmann::json* value_;
  std::string file_;
  std::string pointer_;
};

// Parses text; `name` is the file's, for messages. Bad JSON and nesting deeper
// than 64 are kBadInput.
nlohmann::json ParseJsonText(const std::string& text, const std::string& name);
// The same of a file; bad JSON, nesting deeper than 64 and files over 256 MiB
// are kBadInput.
nlohmann::json ReadJsonFile(const std::filesystem::path& path);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_JSON_PLACE_H_
