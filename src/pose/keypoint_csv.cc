#include "src/pose/keypoint_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "src/base/error.h"
#include "src/formats/csv_rows.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kColumns = 50;  // 25 joints
constexpr float kPixelsPerUnit = 1000;

// A header has at least so many names and at most so many numbers in its last
// 50 cells. Whatever lies between is no header, so it is refused where it is
// not numbers: taking a frame for a header would move every target by one.
constexpr int kFewestNames = 10;
constexpr int kMostNumbers = 5;

// Columns counted one by one, as pandas and R write those without names.
bool IsCount(std::span<const CsvCell> cells) {
  const float first = cells[0].number;
  if (first < 0 || first != std::floor(first)) return false;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].kind != CsvCellKind::kNumber ||
        cells[i].number != first + static_cast<float>(i)) {
      return false;
    }
  }
  return true;
}

bool IsHeader(std::span<const CsvCell> cells) {
  const auto names =
      std::ranges::count(cells, CsvCellKind::kText, &CsvCell::kind);
  const auto numbers =
      std::ranges::count(cells, CsvCellKind::kNumber, &CsvCell::kind);
  return IsCount(cells) || (names >= kFewestNames && numbers <= kMostNumbers);
}

// How many cells at the end have nothing in them: in the first row, and in
// every other one.
struct EmptyEnds {
  std::size_t first = 0;
  std::size_t others = 0;
};

EmptyEnds FindEmptyEnds(std::string_view text) {
  CsvRows rows(text);
  const std::optional<CsvRow> first = rows.Next();
  if (!first) return {};
  EmptyEnds ends{first->EmptyEnd(), first->EmptyEnd()};
  bool more = false;
  while (const std::optional<CsvRow> row = rows.Next()) {
    ends.others =
        std::min(more ? ends.others : row->EmptyEnd(), row->EmptyEnd());
    more = true;
  }
  return ends;
}

// Cells at the end of every row that no column is behind: 1 when all rows end
// in a comma. A joint that is never seen may leave empty cells there too, but
// always two.
std::size_t TrailingCommas(const std::string& where, EmptyEnds ends,
                           std::size_t columns) {
  const std::size_t empty = std::min(ends.first, ends.others);
  const std::size_t spare = columns - kColumns;
  const std::size_t commas = empty % 2;
  if (commas > spare) return 0;
  if (commas + 2 <= std::min(empty, spare)) {
    FailInput(where,
              fmt::format("has {} columns, of which the last {} are empty in "
                          "every row: trailing commas and a joint that is "
                          "never seen look the same; expected no trailing "
                          "commas, and 0,0 for a joint that is not seen",
                          columns, empty));
  }
  return commas;
}

bool Unseen(std::span<const float> joint) {
  return std::ranges::all_of(joint, [](float value) { return value == 0; });
}

// Appends the joints that are kept; `before` columns are ahead of the cells.
void AddFrame(const std::string& where, std::span<const CsvCell> cells,
              std::size_t before, std::vector<float>& frames) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool used = i < kPoseValues;
    const CsvCellKind kind = cells[i].kind;
    if (used && kind != CsvCellKind::kNumber) {
      FailInput(where, fmt::format("column {} is not a finite number{}",
                                   before + i + 1,
                                   kind == CsvCellKind::kMissing
                                       ? "; a joint that was not seen is 0,0"
                                       : ""));
    }
    // A label there would say that the last 50 columns are other ones.
    if (kind == CsvCellKind::kText) {
      FailInput(where, fmt::format("column {} is neither a number nor empty",
                                   before + i + 1));
    }
    if (used) frames.push_back(cells[i].number / kPixelsPerUnit);
  }
}

}  // namespace

std::vector<float> ParseKeypointCsv(const std::string& where,
                                    std::string_view text) {
  const EmptyEnds ends = FindEmptyEnds(text);
  std::vector<float> frames;
  std::size_t columns = 0;
  std::size_t before = 0;  // columns ahead of the last 50
  CsvRows rows(text);
  while (const std::optional<CsvRow> row = rows.Next()) {
    const std::string place = fmt::format("{} at line {}", where, row->line);
    const std::vector<std::string_view> texts = row->Cells();
    const bool first = columns == 0;
    if (first) columns = texts.size();
    if (texts.size() != columns || columns < kColumns) {
      FailInput(place,
                fmt::format("has {} columns, expected {}{}", texts.size(),
                            columns < kColumns ? "at least 50"
                                               : std::to_string(columns),
                            row->EmptyEnd() > 0 ? "; it ends in a comma" : ""));
    }
    if (first) {
      before = columns - kColumns - TrailingCommas(where, ends, columns);
    }
    std::array<CsvCell, kColumns> cells;
    std::ranges::transform(std::span(texts).subspan(before, kColumns),
                           cells.begin(), ReadCsvCell);
    if (!first || !IsHeader(cells)) {
      AddFrame(place, cells, before, frames);
    } else if (before > 0 && ends.first == 0 && ends.others % 2 == 1) {
      FailInput(place,
                fmt::format("names column {}, which is empty in every row; "
                            "expected x and y of 25 joints in the last 50",
                            columns));
    }
  }
  return frames;
}

void RepairUnseenJoints(std::span<float> frames, std::size_t joints,
                        std::size_t dims) {
  const std::size_t count = frames.size() / (joints * dims);
  for (std::size_t joint = 0; joint < joints; ++joint) {
    const auto place = [&](std::size_t frame) {
      return (frame * joints + joint) * dims;
    };
    const auto unseen = [&](std::size_t frame) {
      return Unseen(frames.subspan(place(frame), dims));
    };
    std::size_t next = 0;  // the next frame in which the joint was seen
    for (std::size_t frame = 0; frame < count; ++frame) {
      if (!unseen(frame)) continue;
      next = std::max(next, frame + 1);
      while (next < count && unseen(next)) ++next;
      const bool before = frame > 0 && !unseen(frame - 1);
      if (!before && next == count) break;  // Never seen.
      // The weights are doubles that NumPy rounds to the array's float32.
      const double alpha = 1.0 / static_cast<double>(next - frame + 1);
      const float old_weight = !before         ? 0.0f
                               : next == count ? 1.0f
                                               : static_cast<float>(1 - alpha);
      const float new_weight = !before         ? 1.0f
                               : next == count ? 0.0f
                                               : static_cast<float>(alpha);
      for (std::size_t axis = 0; axis < dims; ++axis) {
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
