#include "src/capture/esp32_layout.h"

#include <algorithm>
#include <initializer_list>

#include "src/capture/csi_packet.h"
#include "src/capture/time_columns.h"
#include "src/capture/time_text.h"
#include "src/formats/csv_rows.h"

namespace edge_int8 {
namespace {

int FindName(const std::vector<std::string>& names,
             std::initializer_list<std::string_view> wanted) {
  for (const std::string_view name : wanted) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<int>(found - names.begin());
  }
  return -1;
}

void SetTime(Esp32Layout& layout, int column, std::string_view name) {
  layout.time = column;
  layout.time_unit = UnitOfColumn(name);
  layout.local_clock = name.find("local_timestamp") != std::string_view::npos;
}

}  // namespace

Esp32Layout LayoutOfLine(const std::vector<std::string_view>& cells) {
  Esp32Layout layout;
  layout.data = static_cast<int>(cells.size());
  switch (cells.size()) {
    case 24:  // ESP32, S2, S3, C3
    case 25:  // ESP32-CSI-Tool: two columns more, no first_word
      SetTime(layout, 18, "local_timestamp");
      break;
    case 14:  // C5, C6, C61
      SetTime(layout, 9, "local_timestamp");
      break;
    default:
      break;
  }
  if (cells.size() == 24 || cells.size() == 14) {
    layout.length = layout.data - 2;
    layout.first_word = layout.data - 1;
  } else if (cells.size() == 25) {
    layout.length = layout.data - 1;
  }
  const auto mac = std::ranges::find_if(
      cells, [](std::string_view cell) { return ParseMac(cell).has_value(); });
  if (mac != cells.end()) layout.mac = static_cast<int>(mac - cells.begin());
  return layout;
}

std::optional<Esp32Layout> LayoutOfHeader(std::string_view line,
                                          std::string_view time) {
  // A device that starts again prints it behind what the cut line held.
  const std::size_t type = line.rfind("type,");
  if (type != std::string_view::npos) line.remove_prefix(type);
  if (line.find('[') != std::string_view::npos) return std::nullopt;
  Esp32Layout layout;
  for (const std::string_view cell : CsvRow{0, line}.Cells()) {
    layout.names.push_back(ColumnName(cell));
  }
  const std::vector<std::string>& names = layout.names;
  layout.amplitude =
      FindName(names, {"amplitude_json", "amplitude", "amplitudes", "amp",
                       "amps", "csi_amplitude", "csi_amp", "amplitude_list"});
  layout.phase = FindName(
      names, {"phase_json", "phase", "phases", "csi_phase", "phase_list"});
  layout.data =
      FindName(names, {"data", "csi_data", "csi", "csi_raw", "raw_csi", "raw"});
  if (layout.amplitude < 0 && layout.data < 0) return std::nullopt;
  if (layout.amplitude >= 0) layout.data = -1;
  layout.mac =
      FindName(names, {"mac", "source_mac", "src_mac", "sender", "node_id",
                       "node", "receiver", "device", "device_id"});
  layout.length = FindName(names, {"len", "num_subcarriers", "length"});
  layout.length_of_pairs =
      layout.length >= 0 &&
      names[static_cast<std::size_t>(layout.length)] == "num_subcarriers";
  layout.first_word = FindName(names, {"first_word", "first_word_invalid"});
  if (!time.empty()) {
    const int chosen = FindName(names, {ColumnName(time)});
    if (chosen >= 0) SetTime(layout, chosen, ColumnName(time));
  } else if (const auto column = FindTimeColumn(names)) {
    SetTime(layout, static_cast<int>(*column), names[*column]);
  }
  return layout;
}

}  // namespace edge_int8
