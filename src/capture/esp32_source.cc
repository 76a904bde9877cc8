#include "src/capture/esp32_source.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "src/base/error.h"
#include "src/capture/time_text.h"

namespace edge_int8 {
namespace {

constexpr std::string_view kTag = "CSI_DATA";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r\"'";
constexpr std::size_t kMostValues = 8192;  // 80 MHz twice, and more
constexpr std::size_t kMostCells = 256;
constexpr int kLargestPart = 32767;  // some print values times a gain

constexpr const char* kShort =
    "packets with fewer or more values than they say";
constexpr const char* kNoTime = "packets without a time stamp";
constexpr const char* kOther = "lines that hold no packet";
constexpr const char* kTooLong = "lines longer than 1 MiB";

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Where a packet of a serial line begins, from `from` on: the tag as a cell. A
// header may end in a column of that name.
std::size_t FindTag(std::string_view text, std::size_t from) {
  while (true) {
    const std::size_t at = text.find(kTag, from);
    if (at == std::string_view::npos) return at;
    std::size_t next = at + kTag.size();
    if (next < text.size() && text[next] == '"') ++next;
    if (next < text.size() && text[next] == ',') return at;
    from = at + kTag.size();
  }
}

bool Separates(char c) { return c == ',' || c == ' ' || c == '\t'; }

// "[1,-2 3]" without the brackets, as integers. False when anything else is
// there. The hot loop of a capture: four characters a value.
bool ParseIntegers(std::string_view list, std::vector<float>& values) {
  const char* at = list.data();
  const char* const end = at + list.size();
  while (true) {
    while (at < end && Separates(*at)) ++at;
    if (at == end) return true;
    const bool negative = *at == '-';
    if (negative) ++at;
    int value = 0;
    const char* const first = at;
    while (at < end && *at >= '0' && *at <= '9' && value <= kLargestPart) {
      value = value * 10 + (*at++ - '0');
    }
    if (at == first || value > kLargestPart || values.size() == kMostValues ||
        (at < end && !Separates(*at))) {
      return false;
    }
    values.push_back(static_cast<float>(negative ? -value : value));
  }
}

bool ParseFloats(std::string_view list, std::vector<float>& values) {
  const char* at = list.data();
  const char* const end = at + list.size();
  while (true) {
    while (at < end && Separates(*at)) ++at;
    if (at == end) return true;
    float value = 0;
    const auto result = std::from_chars(at, end, value);
    if (result.ec != std::errc() || values.size() == kMostValues ||
        !(value > -1e30f && value < 1e30f) ||
        (result.ptr < end && !Separates(*result.ptr))) {
      return false;
    }
    values.push_back(value);
    at = result.ptr;
  }
}

// Cells of a row at commas outside of quotes and brackets. False when one of
// them is not closed.
bool SplitRow(std::string_view text, std::vector<std::string_view>& cells) {
  cells.clear();
  std::size_t begin = 0;
  bool list = false;
  bool quoted = false;
  for (std::size_t at = text.find_first_of(",[]\"");
       at != std::string_view::npos; at = text.find_first_of(",[]\"", at + 1)) {
    if (text[at] == '[') {  // A list's commas separate no cells.
      const std::size_t close = text.find(']', at);
      if (close == std::string_view::npos) return false;
      at = close;
      continue;
    }
    if (text[at] == ']') list = true;
    if (text[at] == '"') quoted = !quoted;
    if (text[at] != ',' || quoted) continue;
    if (cells.size() == kMostCells) return false;
    cells.push_back(Trim(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  cells.push_back(Trim(text.substr(begin)));
  return !list && !quoted;
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// The value of a field of a flat JSON object, quotes off.
std::string_view JsonField(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(fmt::format("\"{}\"", name));
  if (at == std::string_view::npos) return {};
  std::string_view rest = line.substr(at + name.size() + 2);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return {};
  rest = Trim(rest.substr(colon + 1, rest.find_first_of(",}") - colon - 1));
  return rest;
}

}  // namespace

std::optional<int64_t> PrefixTime(std::string_view text) {
  while (!text.empty() &&
         (Separates(text.back()) || text.back() == ':' || text.back() == ';' ||
          text.back() == ']' || text.back() == '>' || text.back() == '"' ||
          text.back() == '-')) {
    text.remove_suffix(1);
  }
  const std::size_t first = text.find_first_not_of(" \t[<\"");
  if (first == std::string_view::npos) return std::nullopt;
  text.remove_prefix(first);
  if (text.front() < '0' || text.front() > '9') return std::nullopt;
  return ParseTime(text, UnitOfValue(text));
}

Esp32Source::Esp32Source(std::string where, ByteStream& bytes, std::string time)
    : where_(std::move(where)), time_(std::move(time)), lines_(bytes) {}

bool Esp32Source::LeaveOut(const char* reason) {
  ++left_out_[reason];
  return false;
}

bool Esp32Source::Next(CsiPacket& packet) {
  while (true) {
    if (!rest_.empty()) {
      const std::size_t next = FindTag(rest_, kTag.size());
      const std::string_view piece = rest_.substr(0, next);
      rest_ = next == std::string_view::npos ? std::string_view()
                                             : rest_.substr(next);
      const bool read = ReadPiece(piece, packet);
      prefix_time_.reset();  // It stood before the first piece only.
      if (read) return true;
      continue;
    }
    std::optional<std::string_view> line = lines_.Next();
    while (too_long_ < lines_.too_long()) {
      ++too_long_;
      LeaveOut(kTooLong);
    }
    if (!line) return false;
    if (lines_.line() == 1 && line->starts_with(kByteOrderMark)) {
      line->remove_prefix(kByteOrderMark.size());
    }
    const std::size_t tag = FindTag(*line, 0);
    if (tag != std::string_view::npos) {
      prefix_time_ = PrefixTime(line->substr(0, tag));
      rest_ = line->substr(tag);
    } else if (line->starts_with('{')) {
      if (ReadJson(*line, packet)) return true;
    } else if (!header_.names.empty() &&
               line->find('[') != std::string_view::npos) {
      if (ReadTableRow(*line, packet)) return true;
    } else if (auto layout = LayoutOfHeader(*line, time_)) {
      if (!time_.empty() && layout->time < 0) {
        FailInput(fmt::format("{} at line {}", where_, lines_.line()),
                  fmt::format("no column is named '{}': {}", time_,
                              fmt::join(layout->names, ", ")));
      }
      header_ = std::move(*layout);
    } else if (!Trim(*line).empty()) {
      LeaveOut(kOther);
    }
  }
}

bool Esp32Source::ReadPiece(std::string_view piece, CsiPacket& packet) {
  const std::size_t open = piece.find('[');
  const std::size_t close =
      open == std::string_view::npos ? open : piece.find(']', open);
  if (close == std::string_view::npos) return LeaveOut(kMalformed);
  cells_.clear();
  for (std::size_t begin = 0; begin < open;) {
    const std::size_t comma = std::min(piece.find(',', begin), open);
    if (comma == open) break;  // What opens the list: a quote or nothing.
    if (cells_.size() == kMostCells) return LeaveOut(kMalformed);
    cells_.push_back(Trim(piece.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  const bool by_header = header_.data == static_cast<int>(cells_.size());
  const Esp32Layout layout = by_header ? Esp32Layout() : LayoutOfLine(cells_);
  const Esp32Layout& columns = by_header ? header_ : layout;
  if (columns.mac < 0 && !by_header) return LeaveOut(kMalformed);
  if (by_header && header_.names.size() > cells_.size() + 1) {
    cells_.emplace_back();  // the list's own place
    std::string_view tail = piece.substr(close + 1);
    tail.remove_prefix(std::min(tail.find(','), tail.size()));
    while (!tail.empty() && cells_.size() < header_.names.size()) {
      tail.remove_prefix(1);
      const std::size_t comma = std::min(tail.find(','), tail.size());
      cells_.push_back(Trim(tail.substr(0, comma)));
      tail.remove_prefix(comma);
    }
  }
  return ReadValues(columns, piece.substr(open + 1, close - open - 1),
                    packet) &&
         SetSender(columns, packet) && SetTime(columns, packet);
}

std::string_view Esp32Source::Cell(int column) const {
  const auto at = static_cast<std::size_t>(column);
  return column >= 0 && at < cells_.size() ? cells_[at] : std::string_view();
}

bool Esp32Source::ReadValues(const Esp32Layout& layout, std::string_view list,
                             CsiPacket& packet) {
  values_.clear();
  if (!ParseIntegers(list, values_)) return LeaveOut(kMalformed);
  const std::string_view length = Cell(layout.length);
  std::size_t said = values_.size();
  if (!length.empty()) {
    const auto result =
        std::from_chars(length.data(), length.data() + length.size(), said);
    if (result.ec != std::errc()) return LeaveOut(kMalformed);
    if (layout.length_of_pairs) said *= 2;
  }
  if (values_.size() < 2 || values_.size() % 2 != 0 || said != values_.size()) {
    return LeaveOut(kShort);
  }
  // The receiver's own garbage, as large as any signal.
  if (Cell(layout.first_word) == "1" && values_.size() >= 4) {
    std::fill_n(values_.begin(), 4, 0.0f);
  }
  const std::size_t count = values_.size() / 2;
  packet.polar = false;
  packet.streams = 1;
  packet.a.resize(count);
  packet.b.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    packet.a[i] = values_[2 * i + 1];  // The imaginary part comes first.
    packet.b[i] = values_[2 * i];
  }
  return true;
}

bool Esp32Source::SetSender(const Esp32Layout& layout, CsiPacket& packet) {
  packet.link = {};
  if (layout.mac < 0) return true;
  const std::string_view cell = Cell(layout.mac);
  if (const auto mac = ParseMac(cell)) {
    packet.link.sender = *mac;
    return true;
  }
  uint64_t number = 0;
  const char* const end = cell.data() + cell.size();
  const auto result = std::from_chars(cell.data(), end, number);
  if (cell.empty() || result.ec != std::errc() || result.ptr != end ||
      number >= uint64_t{1} << 48) {
    return LeaveOut(kMalformed);
  }
  packet.link.sender = number;
  return true;
}

bool Esp32Source::SetTime(const Esp32Layout& layout, CsiPacket& packet) {
  if (prefix_time_ && time_.empty()) {
    packet.time_ns = *prefix_time_;
    return true;
  }
  const std::string_view cell = Cell(layout.time);
  if (cell.empty()) return LeaveOut(kNoTime);
  if (value_unit_ == 0) {
    value_unit_ = layout.time_unit != 0 ? layout.time_unit : UnitOfValue(cell);
  }
  const auto time = ParseTime(cell, value_unit_);
  if (!time) return LeaveOut(kNoTime);
  const int64_t micros = *time / 1000;
  const bool counted =
      layout.local_clock && micros >= 0 && micros < int64_t{1} << 32;
  packet.time_ns =
      counted ? clock_.Whole(static_cast<uint32_t>(micros)) * 1000 : *time;
  return true;
}

bool Esp32Source::ReadTableRow(std::string_view line, CsiPacket& packet) {
  if (!SplitRow(line, cells_) || cells_.size() != header_.names.size()) {
    return LeaveOut(kMalformed);
  }
  const auto list_of = [&](int column) -> std::string_view {
    const std::string_view cell = Cell(column);
    return cell.size() >= 2 && cell.front() == '[' && cell.back() == ']'
               ? cell.substr(1, cell.size() - 2)
               : std::string_view();
  };
  if (header_.amplitude < 0) {
    return ReadValues(header_, list_of(header_.data), packet) &&
           SetSender(header_, packet) && SetTime(header_, packet);
  }
  packet.polar = true;
  packet.streams = 1;
  packet.a.clear();
  packet.b.clear();
  if (!ParseFloats(list_of(header_.amplitude), packet.a) ||
      !ParseFloats(list_of(header_.phase), packet.b) || packet.a.empty()) {
    return LeaveOut(kMalformed);
  }
  std::size_t said = packet.a.size();
  const std::string_view length = Cell(header_.length);
  std::from_chars(length.data(), length.data() + length.size(), said);
  const bool length_of_list =
      said == packet.a.size() ||
      (!header_.length_of_pairs && said == 2 * packet.a.size());
  if (!length_of_list ||
      (!packet.b.empty() && packet.b.size() != packet.a.size())) {
    return LeaveOut(kShort);
  }
  return SetSender(header_, packet) && SetTime(header_, packet);
}

bool Esp32Source::ReadJson(std::string_view line, CsiPacket& packet) {
  const std::string_view hex = JsonField(line, "iq_hex");
  if (hex.empty()) return LeaveOut(kOther);
  if (!line.ends_with('}')) return LeaveOut(kMalformed);
  const std::string_view said = JsonField(line, "subcarriers");
  std::size_t count = hex.size() / 4;
  if (!said.empty()) {
    std::from_chars(said.data(), said.data() + said.size(), count);
  }
  if (hex.size() % 4 != 0 || hex.size() / 2 > kMostValues ||
      count != hex.size() / 4) {
    return LeaveOut(kShort);
  }
  packet.polar = false;
  packet.streams = 1;
  packet.a.resize(count);
  packet.b.resize(count);
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const auto high = HexDigit(hex[2 * i]);
    const auto low = HexDigit(hex[2 * i + 1]);
    if (!high || !low) return LeaveOut(kMalformed);
    const auto part = static_cast<int8_t>(*high * 16 + *low);
    (i % 2 == 0 ? packet.b : packet.a)[i / 2] = part;
  }
  Esp32Layout layout;
  layout.mac = 0;
  layout.time = 1;
  cells_ = {JsonField(line, "node_id"),
            JsonField(line, time_.empty() ? "timestamp" : time_)};
  return SetSender(layout, packet) && SetTime(layout, packet);
}

}  // namespace edge_int8
