#include "src/capture/import_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/progress.h"
#include "src/base/sha256.h"
#include "src/base/temporary_name.h"
#include "src/capture/pairs_writer.h"
#include "src/capture/recording_names.h"
#include "src/formats/npy.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int64_t kRowBlockBytes = int64_t{4} << 20;

// A folder for arrays on their way, beside the output: it may take as much.
class WorkFolder {
 public:
  explicit WorkFolder(const fs::path& out) {
    std::string name = (fs::absolute(out).parent_path() / ".import-XXXXXX");
    fs::create_directories(fs::path(name).parent_path());
    if (mkdtemp(name.data()) == nullptr) {
      FailInput(name, fmt::format("can't be made: {}", std::strerror(errno)));
    }
    path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

// One recording's arrays as .npy files, the windows' axis first.
struct Part {
  std::string name;  // of the recording
  fs::path x, y, groups;
  // What these are in messages: the user's files and the names inside them.
  std::string x_where, y_where, groups_where;
};

// A mapped array under the name that the user knows.
struct NamedNpy {
  NamedNpy(const fs::path& path, const std::string& where)
      : file(path), view(where, file.bytes()) {}
  MappedFile file;
  NpyView view;
};

std::string ListText(const std::vector<ArrayInfo>& arrays) {
  std::vector<std::string> texts;
  for (const ArrayInfo& array : arrays) {
    texts.push_back(fmt::format("{} {}", array.name, ShapeText(array.shape)));
    if (texts.size() == 20) break;
  }
  return arrays.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

const ArrayInfo& Find(const fs::path& file,
                      const std::vector<ArrayInfo>& arrays,
                      const std::string& name, const char* flag) {
  const auto found = std::ranges::find_if(arrays, [&](const ArrayInfo& array) {
    return array.name == name || "/" + array.name == name;
  });
  if (found == arrays.end()) {
    FailInput(file.string(),
              fmt::format("{} {}: it holds no such array of numbers; found: {}",
                          flag, name, ListText(arrays)));
  }
  return *found;
}

// Of x and of y: the axes that count as many, the first ones before others.
// MATLAB's users put windows last.
struct Axes {
  WindowAxis x = WindowAxis::kFirst, y = WindowAxis::kFirst;
};

Axes AxesOf(const ArrayOptions& options, const ArrayInfo& x,
            const ArrayInfo& y) {
  if (options.axis) return {*options.axis, *options.axis};
  constexpr WindowAxis kFirst = WindowAxis::kFirst;
  constexpr WindowAxis kLast = WindowAxis::kLast;
  const auto extent = [](const ArrayInfo& array, WindowAxis axis) {
    return axis == kFirst ? array.shape.front() : array.shape.back();
  };
  for (const Axes axes : {Axes{kFirst, kFirst}, Axes{kLast, kLast},
                          Axes{kFirst, kLast}, Axes{kLast, kFirst}}) {
    if (extent(x, axes.x) == extent(y, axes.y)) return axes;
  }
  return {};
}

bool IsInteger(NpyType type) {
  switch (type) {
    case NpyType::kFloat16:
    case NpyType::kFloat32:
    case NpyType::kFloat64:
    case NpyType::kText:
    case NpyType::kObject:
      return false;
    default:
      return true;
  }
}

// Values of small arrays as doubles.
std::vector<double> Doubles(const NpyView& view) {
  std::vector<double> values;
  if (IsInteger(view.type())) {
    for (const int64_t value : view.Integers()) {
      values.push_back(static_cast<double>(value));
    }
  } else if (view.type() == NpyType::kFloat64) {
    const auto doubles = view.Values<double>();
    values.assign(doubles.begin(), doubles.end());
  } else {
    for (const float value : view.Floats()) values.push_back(value);
  }
  return values;
}

bool AllIntegers(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) {
    return value == std::floor(value) && std::abs(value) < 1e15;
  });
}

// Windows in a type that the pairs layout keeps, in blocks.
class WindowBlocks {
 public:
  explicit WindowBlocks(const NpyView& view) : view_(view) {
    type_.row.assign(view.shape().begin() + (view.shape().empty() ? 0 : 1),
                     view.shape().end());
    switch (view.type()) {
      case NpyType::kFloat32:
      case NpyType::kFloat16:
      case NpyType::kUint8:
      case NpyType::kInt8:
      case NpyType::kInt16:
        type_.dtype = std::string(NpyTypeName(view.type()));
        type_.item_size = view.item_size();
        break;
      case NpyType::kText:
      case NpyType::kObject:
        view.Fail("holds no numbers");
      default:
        converts_ = true;
        type_.dtype = "<f4";
        type_.item_size = 4;
    }
    if (type_.row.empty() || type_.row.size() > 4) {
      view.Fail(fmt::format("shape {} is not of windows: expected rank 2 to 5",
                            ShapeText(view.shape())));
    }
    if (view.size() == 0) view.Fail("holds no window");
  }

  const RowType& type() const { return type_; }

  // Rows of windows [first, first + count).
  std::span<const std::byte> Read(int64_t first, int64_t count) {
    const auto row = static_cast<std::size_t>(ElementCount(type_.row));
    const auto item = static_cast<std::size_t>(view_.item_size());
    const auto bytes =
        view_.data().subspan(static_cast<std::size_t>(first) * row * item,
                             static_cast<std::size_t>(count) * row * item);
    if (!converts_) return bytes;
    converted_.resize(static_cast<std::size_t>(count) * row);
    switch (view_.type()) {
      case NpyType::kFloat64:
        Convert<double>(bytes);
        break;
      case NpyType::kInt32:
        Convert<int32_t>(bytes);
        break;
      case NpyType::kInt64:
        Convert<int64_t>(bytes);
        break;
      case NpyType::kUint16:
        Convert<uint16_t>(bytes);
        break;
      case NpyType::kUint32:
        Convert<uint32_t>(bytes);
        break;
      case NpyType::kUint64:
        Convert<uint64_t>(bytes);
        break;
      case NpyType::kBool:
        Convert<uint8_t>(bytes);
        break;
      default:
        Check(false, "a type that needs no conversion");
    }
    return std::as_bytes(std::span(converted_));
  }

 private:
  template <typename T>
  void Convert(std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i < converted_.size(); ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      converted_[i] = static_cast<float>(value);
    }
  }

  const NpyView& view_;
  RowType type_;
  bool converts_ = false;
  std::vector<float> converted_;
};

// Targets as the layout keeps them: classes as int64, poses as float32.
struct Targets {
  RowType type;
  std::vector<std::byte> bytes;
  int64_t count = 0;
};

template <typename T>
std::vector<std::byte> BytesOf(const std::vector<double>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

Targets ReadTargets(const NpyView& view, int dims) {
  if (view.type() == NpyType::kText || view.type() == NpyType::kObject) {
    view.Fail("holds no numbers");
  }
  const std::vector<double> values = Doubles(view);
  Shape shape = view.shape();
  // [N, 1] and [1, N] of whole numbers are classes, as MATLAB keeps vectors.
  const bool vector =
      !shape.empty() && std::ranges::count(shape, int64_t{1}) >=
                            static_cast<std::ptrdiff_t>(shape.size()) - 1;
  const auto count = static_cast<int64_t>(values.size());
  if (vector && AllIntegers(values)) {
    return {{"<i8", 8, {}}, BytesOf<int64_t>(values), count};
  }
  if (shape.size() == 2 && dims > 0 && shape[1] % dims == 0) {
    shape = {shape[0], shape[1] / dims, dims};
  }
  if (shape.size() != 3 || shape[1] < 1 || (shape[2] != 2 && shape[2] != 3)) {
    view.Fail(fmt::format(
        "shape {} is not of targets: expected [N, joints, 2 or 3], [N] whole "
        "numbers, or with --dims [N, joints * dims]",
        ShapeText(view.shape())));
  }
  const auto bad = std::ranges::find_if(values, [](double value) {
    return !std::isfinite(static_cast<float>(value));
  });
  if (bad != values.end()) {
    view.Fail(fmt::format("the target of window {} is not finite",
                          (bad - values.begin()) / (shape[1] * shape[2])));
  }
  return {{"<f4", 4, {shape[1], shape[2]}}, BytesOf<float>(values), shape[0]};
}

class ArrayImport {
 public:
  ArrayImport(const ArrayOptions& options, const fs::path& out)
      : options_(options), work_(out) {
    if (options.files.empty()) {
      GatherNpy();
    } else {
      for (const fs::path& file : options.files) AddSource(file);
      Extract();
    }
  }

  Json Run(const fs::path& out, IfExists if_exists, const std::string& tool) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      AddPart(parts_[i], static_cast<int64_t>(i), out, if_exists);
    }
    Json report = {
        {"provenance",
         {{"tool", tool}, {"kind", options_.kind}, {"sources", sources_}}},
        {"recordings", group_names_.size()},
        {"windows", writer_->windows()},
        {"left_out", Json::object()}};
    report["x_scale"] = writer_->Commit(
        options_.scale, {group_names_, options_.joints, options_.unit}, report);
    return report;
  }

 private:
  void AddSource(const fs::path& path) {
    sources_.push_back({{"path", path.string()},
                        {"bytes", fs::file_size(path)},
                        {"sha256", Sha256File(path)}});
  }

  void GatherNpy() {
    if (options_.x.size() != options_.y.size()) {
      FailUsage(fmt::format("--x names {} files and --y {}: expected as many",
                            options_.x.size(), options_.y.size()));
    }
    if (!options_.groups.empty() && options_.x.size() != 1) {
      FailUsage("--groups is for one file of windows");
    }
    if (options_.axis == WindowAxis::kLast) {
      FailUsage(
          "--window-axis last is for mat and hdf5: np.save('y.npy', "
          "np.moveaxis(x, -1, 0)) mends a .npy");
    }
    std::vector<fs::path> files(options_.x.begin(), options_.x.end());
    const std::vector<std::string> names = RecordingNames(files);
    for (std::size_t i = 0; i < files.size(); ++i) {
      parts_.push_back({names[i], files[i], options_.y[i], options_.groups,
                        options_.x[i], options_.y[i], options_.groups});
      AddSource(files[i]);
      AddSource(options_.y[i]);
    }
    if (!options_.groups.empty()) AddSource(options_.groups);
  }

  void Extract() {
    const std::vector<std::string> names = RecordingNames(options_.files);
    Progress progress("extract", static_cast<int64_t>(options_.files.size()),
                      "files");
    for (std::size_t i = 0; i < options_.files.size(); ++i) {
      const fs::path& file = options_.files[i];
      const std::vector<ArrayInfo> arrays = ListArrays(file);
      if (options_.x.size() != 1 || options_.y.size() != 1) {
        FailUsage(fmt::format("--x and --y name an array each; {} holds: {}",
                              file.string(), ListText(arrays)));
      }
      const ArrayInfo& x = Find(file, arrays, options_.x[0], "--x");
      const ArrayInfo& y = Find(file, arrays, options_.y[0], "--y");
      const Axes axes = AxesOf(options_, x, y);
      const auto extract = [&](const ArrayInfo& array, const char* what,
                               WindowAxis axis) {
        fs::path to = work_ / fmt::format("{}{}.npy", what, i);
        const bool one = array.shape.size() == 1;
        ExtractArray(file, array.name, one ? WindowAxis::kFirst : axis, to);
        return to;
      };
      const auto where = [&file](const ArrayInfo& array) {
        return fmt::format("{}: '{}'", file.string(), array.name);
      };
      Part part{names[i],
                extract(x, "x", axes.x),
                extract(y, "y", axes.y),
                {},
                where(x),
                where(y),
                {}};
      if (!options_.groups.empty()) {
        const ArrayInfo& groups =
            Find(file, arrays, options_.groups, "--groups");
        part.groups = extract(groups, "groups", WindowAxis::kFirst);
        part.groups_where = where(groups);
      }
      parts_.push_back(std::move(part));
      progress.Add();
    }
  }

  // The place in group_names_ of a recording's own group.
  int64_t Group(const Part& part, std::optional<double> id) {
    std::string name = part.name;
    if (id) {
      name = parts_.size() > 1 ? fmt::format("{}/{:.0f}", name, *id)
                               : fmt::format("{:.0f}", *id);
    }
    const auto [entry, is_new] =
        group_of_.try_emplace(name, static_cast<int64_t>(group_names_.size()));
    if (is_new) group_names_.push_back(name);
    return entry->second;
  }

  std::vector<int64_t> Groups(const Part& part, int64_t windows) {
    if (part.groups.empty()) {
      return std::vector<int64_t>(static_cast<std::size_t>(windows),
                                  Group(part, std::nullopt));
    }
    const NamedNpy npy(part.groups, part.groups_where);
    const std::vector<double> ids = Doubles(npy.view);
    if (static_cast<int64_t>(ids.size()) != windows || !AllIntegers(ids)) {
      npy.view.Fail(fmt::format(
          "holds {} values, expected a whole number for each of {} windows",
          ids.size(), windows));
    }
    std::vector<int64_t> groups;
    for (const double id : ids) groups.push_back(Group(part, id));
    return groups;
  }

  void AddPart(const Part& part, int64_t index, const fs::path& out,
               IfExists if_exists) {
    const NamedNpy x_file(part.x, part.x_where);
    const NamedNpy y_file(part.y, part.y_where);
    WindowBlocks x(x_file.view);
    const Targets y = ReadTargets(y_file.view, options_.dims);
    const int64_t windows = x_file.view.shape()[0];
    if (windows != y.count) {
      FailInput(x_file.view.where(),
                fmt::format("holds {} windows ({}) and {} targets ({}): "
                            "--window-axis says which axis counts them",
                            windows, ShapeText(x_file.view.shape()), y.count,
                            ShapeText(y_file.view.shape())));
    }
    const bool measured = options_.scale.kind == ScaleChoice::Kind::kP99 ||
                          options_.scale.kind == ScaleChoice::Kind::kMax;
    if (measured && x.type().dtype != "<f4") {
      FailUsage(
          fmt::format("--scale p99 and max are for float32, and x holds "
                      "{}: a number does, as 0.00392157 for 255ths",
                      x.type().dtype));
    }
    if (index == 0) {
      x_type_ = x.type();
      y_type_ = y.type;
      writer_.emplace(out, if_exists, x.type(), y.type);
    } else if (x.type().row != x_type_.row || x.type().dtype != x_type_.dtype ||
               y.type.row != y_type_.row || y.type.dtype != y_type_.dtype) {
      FailInput(
          x_file.view.where(),
          fmt::format("windows {} of {} and targets {}, expected {} of "
                      "{} and {} as in {}",
                      ShapeText(x.type().row), x.type().dtype,
                      ShapeText(y.type.row), ShapeText(x_type_.row),
                      x_type_.dtype, ShapeText(y_type_.row), parts_[0].name));
    }
    const std::vector<int64_t> groups = Groups(part, windows);
    const int64_t row_bytes = ElementCount(x_type_.row) * x_type_.item_size;
    const int64_t block = std::max<int64_t>(1, kRowBlockBytes / row_bytes);
    const auto target_bytes =
        static_cast<std::size_t>(ElementCount(y_type_.row) * y_type_.item_size);
    Progress progress(fmt::format("import {}", part.name), windows, "windows");
    for (int64_t first = 0; first < windows;) {
      int64_t count = 1;  // of one recording
      while (count < block && first + count < windows &&
             groups[static_cast<std::size_t>(first + count)] ==
                 groups[static_cast<std::size_t>(first)]) {
        ++count;
      }
      writer_->Add(x.Read(first, count),
                   std::span(y.bytes).subspan(
                       static_cast<std::size_t>(first) * target_bytes,
                       static_cast<std::size_t>(count) * target_bytes),
                   count, groups[static_cast<std::size_t>(first)]);
      first += count;
      progress.Add(count);
    }
  }

  const ArrayOptions& options_;
  WorkFolder work_;
  std::vector<Part> parts_;
  Json sources_ = Json::array();
  RowType x_type_, y_type_;
  std::optional<PairsWriter> writer_;
  std::map<std::string, int64_t> group_of_;
  std::vector<std::string> group_names_;
};

}  // namespace

Json ImportArrays(const ArrayOptions& options, const fs::path& out,
                  IfExists if_exists, const std::string& tool) {
  return ArrayImport(options, out).Run(out, if_exists, tool);
}

}  // namespace edge_int8
