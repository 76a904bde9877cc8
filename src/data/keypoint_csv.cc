#include "src/data/keypoint_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>

#include "src/base/error.h"
#include "src/data/window_source.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kColumns = 50;  // 25 joints
constexpr float kPixelsPerUnit = 1000;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Takes the text up to `separator` off the front of `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// A number that float32 holds, or nothing.
std::optional<float> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) {
    return std::nullopt;
  }
  const auto narrow = static_cast<float>(value);
  if (!std::isfinite(narrow)) return std::nullopt;
  return narrow;
}

std::vector<std::string_view> SplitCells(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const bool last = line.find(',') == std::string_view::npos;
    cells.push_back(Trim(TakeUntil(line, ',')));
    if (last) return cells;
  }
}

bool IsHeader(const std::vector<std::string_view>& cells) {
  bool counts = true;  // pandas writes such a row for columns without names.
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::optional<float> number = ParseNumber(cells[i]);
    if (!number) return true;
    counts = counts && *number == static_cast<float>(i);
  }
  return counts;
}

bool Unseen(std::span<const float> frames, std::size_t at) {
  return frames[at] == 0 && frames[at + 1] == 0;
}

}  // namespace

std::vector<float> ParseKeypointCsv(const std::string& where,
                                    std::string_view text) {
  std::vector<float> frames;
  std::size_t columns = 0;
  for (int line = 1; !text.empty(); ++line) {
    const std::string_view row = Trim(TakeUntil(text, '\n'));
    if (row.empty()) continue;
    const auto fail = [&](std::string_view what) {
      FailInput(fmt::format("{} at line {}", where, line), what);
    };
    const std::vector<std::string_view> cells = SplitCells(row);
    const bool first = columns == 0;
    if (first) columns = cells.size();
    if (cells.size() != columns || columns < kColumns) {
      fail(fmt::format(
          "has {} columns, expected {}", cells.size(),
          columns < kColumns ? "at least 50" : std::to_string(columns)));
    }
    if (first && IsHeader(cells)) continue;
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::size_t column = columns - kColumns + i;
      const std::optional<float> number = ParseNumber(cells[column]);
      if (!number) {
        fail(fmt::format("column {} is not a finite number", column + 1));
      }
      if (i < kPoseValues) frames.push_back(*number / kPixelsPerUnit);
    }
  }
  return frames;
}

void RepairUnseenJoints(std::span<float> frames) {
  const std::size_t count = frames.size() / kPoseValues;
  for (std::size_t joint = 0; joint < kJoints; ++joint) {
    const auto place = [&](std::size_t frame) {
      return frame * kPoseValues + joint * 2;
    };
    std::size_t next = 0;  // the next frame in which the joint was seen
    for (std::size_t frame = 0; frame < count; ++frame) {
      if (!Unseen(frames, place(frame))) continue;
      next = std::max(next, frame + 1);
      while (next < count && Unseen(frames, place(next))) ++next;
      const bool before = frame > 0 && !Unseen(frames, place(frame - 1));
      if (!before && next == count) break;  // Never seen.
      // The weights are doubles that NumPy rounds to the array's float32.
      const double alpha = 1.0 / static_cast<double>(next - frame + 1);
      const float old_weight = !before         ? 0.0f
                               : next == count ? 1.0f
                                               : static_cast<float>(1 - alpha);
      const float new_weight = !before         ? 1.0f
                               : next == count ? 0.0f
                                               : static_cast<float>(alpha);
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const float old_value = before ? frames[place(frame - 1) + axis] : 0.0f;
        const float new_value =
            next < count ? frames[place(next) + axis] : 0.0f;
        frames[place(frame) + axis] =
            old_weight * old_value + new_weight * new_value;
      }
    }
  }
}

}  // namespace edge_int8
