#include "src/capture/pose_track.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/capture/time_columns.h"
#include "src/capture/time_text.h"
#include "src/formats/csv_rows.h"
#include "src/pose/keypoint_csv.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kMostJoints = 1000;

struct JointColumns {
  std::string name;
  std::optional<std::size_t> axes[3];
  std::optional<std::size_t> confidence;
};

// "left_hand" of "left_hand_x", for the ending "_x".
std::optional<std::string> Stem(const std::string& name,
                                std::string_view ending) {
  if (!name.ends_with(ending) || name.size() == ending.size()) {
    return std::nullopt;
  }
  return name.substr(0, name.size() - ending.size());
}

std::optional<std::size_t> Find(std::span<const std::string> names,
                                const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<JointColumns> FindJoints(std::span<const std::string> names) {
  std::vector<JointColumns> joints;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto stem = Stem(names[i], "_x");
    if (!stem) continue;
    const auto y = Find(names, *stem + "_y");
    if (!y) continue;
    JointColumns joint{*stem, {i, y, Find(names, *stem + "_z")}, {}};
    for (const char* ending : {"_confidence", "_conf", "_score", "_visibility",
                               "_c", "_likelihood"}) {
      if (!joint.confidence) joint.confidence = Find(names, *stem + ending);
    }
    joints.push_back(std::move(joint));
  }
  return joints;
}

class Reader {
 public:
  Reader(const std::string& where, std::string_view text,
         const PoseTrackOptions& options)
      : where_(where), options_(options), rows_(text) {}

  PoseTrack Read() {
    ReadHeader();
    while (const std::optional<CsvRow> row = rows_.Next()) ReadRow(*row);
    if (track_.times_ns.empty()) FailInput(where_, "holds no row of poses");
    RepairUnseenJoints(track_.poses, track_.joints.size(),
                       static_cast<std::size_t>(track_.dims));
    return std::move(track_);
  }

 private:
  void ReadHeader() {
    const std::optional<CsvRow> row = rows_.Next();
    if (!row) FailInput(where_, "is empty, expected a header of columns");
    for (const std::string_view cell : row->Cells()) {
      names_.push_back(ColumnName(cell));
    }
    joints_ = FindJoints(names_);
    if (joints_.empty() || joints_.size() > kMostJoints) {
      FailInput(
          fmt::format("{} at line {}", where_, row->line),
          fmt::format("{} joints in its header, expected 1 to {} pairs of "
                      "columns NAME_x, NAME_y",
                      joints_.size(), kMostJoints));
    }
    const bool deep = std::ranges::all_of(
        joints_, [](const JointColumns& j) { return j.axes[2].has_value(); });
    track_.dims = deep ? 3 : 2;
    for (const JointColumns& joint : joints_) {
      track_.joints.push_back(joint.name);
    }
    const auto time = options_.time.empty()
                          ? FindTimeColumn(names_)
                          : Find(names_, ColumnName(options_.time));
    if (!time) {
      FailInput(fmt::format("{} at line {}", where_, row->line),
                fmt::format("no column {}: {}; name it by --pose-time",
                            options_.time.empty()
                                ? "of time stamps"
                                : fmt::format("'{}'", options_.time),
                            fmt::join(names_, ", ")));
    }
    time_ = *time;
  }

  void ReadRow(const CsvRow& row) {
    const std::string place = fmt::format("{} at line {}", where_, row.line);
    const std::vector<std::string_view> cells = row.Cells();
    // A comma at the end is no column.
    const bool comma =
        cells.size() == names_.size() + 1 && cells.back().empty();
    if (cells.size() != names_.size() && !comma) {
      FailInput(place, fmt::format("has {} columns, expected {}", cells.size(),
                                   names_.size()));
    }
    if (unit_ == 0) {
      unit_ = UnitOfColumn(names_[time_]);
      if (unit_ == 0) unit_ = UnitOfValue(cells[time_]);
    }
    const auto time = ParseTime(cells[time_], unit_);
    if (!time) {
      FailInput(place, fmt::format("'{}' in column {} is no time stamp",
                                   cells[time_].substr(0, 40), time_ + 1));
    }
    Add(place, *time + options_.offset_ns, cells);
  }

  void Add(const std::string& place, int64_t time,
           const std::vector<std::string_view>& cells) {
    if (!track_.times_ns.empty() && time == track_.times_ns.back()) {
      ++track_.repeated;
      return;
    }
    if (!track_.times_ns.empty() && time < track_.times_ns.back()) {
      FailInput(place, fmt::format("its time {} is before the row above, {}; "
                                   "expected rows in the order of time",
                                   SecondsText(time),
                                   SecondsText(track_.times_ns.back())));
    }
    track_.times_ns.push_back(time);
    for (const JointColumns& joint : joints_) AddJoint(place, joint, cells);
  }

  void AddJoint(const std::string& place, const JointColumns& joint,
                const std::vector<std::string_view>& cells) {
    const auto dims = static_cast<std::size_t>(track_.dims);
    float values[3] = {};
    bool there = true;
    bool zero = true;
    for (std::size_t axis = 0; axis < dims; ++axis) {
      const CsvCell cell = Number(place, cells, *joint.axes[axis]);
      values[axis] =
          static_cast<float>(static_cast<double>(cell.number) * options_.scale);
      there &= cell.kind == CsvCellKind::kNumber && std::isfinite(values[axis]);
      zero &= cell.number == 0;
    }
    bool sure = true;
    if (joint.confidence) {
      const CsvCell cell = Number(place, cells, *joint.confidence);
      sure = cell.kind == CsvCellKind::kNumber &&
             static_cast<double>(cell.number) >= options_.min_confidence;
    }
    const bool seen = there && !zero && sure;
    if (!there || zero) {
      ++track_.unseen;
    } else if (!sure) {
      ++track_.unsure;
    }
    for (std::size_t axis = 0; axis < dims; ++axis) {
      track_.poses.push_back(seen ? values[axis] : 0.0f);
    }
  }

  CsvCell Number(const std::string& place,
                 const std::vector<std::string_view>& cells,
                 std::size_t column) const {
    const CsvCell cell = ReadCsvCell(cells[column]);
    if (cell.kind == CsvCellKind::kText) {
      FailInput(place, fmt::format("'{}' in column {} ({}) is no number",
                                   cells[column].substr(0, 40), column + 1,
                                   names_[column]));
    }
    return cell;
  }

  const std::string& where_;
  const PoseTrackOptions& options_;
  CsvRows rows_;
  std::vector<std::string> names_;
  std::vector<JointColumns> joints_;
  std::size_t time_ = 0;
  int64_t unit_ = 0;
  PoseTrack track_;
};

}  // namespace

bool PoseTrack::At(int64_t time_ns, int64_t max_gap_ns,
                   std::span<float> pose) const {
  const auto after = std::ranges::lower_bound(times_ns, time_ns);
  const bool has_after = after != times_ns.end();
  const bool has_before = after != times_ns.begin();
  const auto row = static_cast<std::size_t>(after - times_ns.begin());
  const bool near_after = has_after && *after - time_ns <= max_gap_ns;
  const bool near_before = has_before && time_ns - *(after - 1) <= max_gap_ns;
  if (!near_after && !near_before) return false;
  const std::size_t size = pose_values();
  const auto pose_of = [&](std::size_t r) {
    return std::span(poses).subspan(r * size, size);
  };
  if (!near_after || !near_before) {
    std::ranges::copy(pose_of(near_after ? row : row - 1), pose.begin());
    return true;
  }
  const auto before = pose_of(row - 1);
  const auto next = pose_of(row);
  const auto weight = static_cast<float>(
      static_cast<double>(time_ns - times_ns[row - 1]) /
      static_cast<double>(times_ns[row] - times_ns[row - 1]));
  for (std::size_t i = 0; i < size; ++i) {
    pose[i] =
        weight == 1 ? next[i] : before[i] + weight * (next[i] - before[i]);
  }
  return true;
}

std::vector<std::string> PoseColumns(const std::string& where,
                                     std::string_view text) {
  CsvRows rows(text);
  const std::optional<CsvRow> row = rows.Next();
  if (!row) FailInput(where, "is empty, expected a header of columns");
  std::vector<std::string> names;
  for (const std::string_view cell : row->Cells()) {
    names.push_back(ColumnName(cell));
  }
  return names;
}

PoseTrack ParsePoseTrack(const std::string& where, std::string_view text,
                         const PoseTrackOptions& options) {
  return Reader(where, text, options).Read();
}

}  // namespace edge_int8
