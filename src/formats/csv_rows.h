// Rows and cells of a CSV file, without an opinion of what they mean. Tested by
// csv_rows_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_CSV_ROWS_H_
#define EDGE_INT8_SRC_FORMATS_CSV_ROWS_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace edge_int8 {

struct CsvRow {
  int line = 0;           // in the file, from 1
  std::string_view text;  // without blanks around it

  // A comma separates nothing inside quotes; those around a cell are off, and
  // so are the blanks around it.
  std::vector<std::string_view> Cells() const;
  // Cells at the end with nothing in them: 2 of "1,2,,".
  std::size_t EmptyEnd() const;
};

// The rows of a text that are not blank, in order. UTF-8's byte order mark,
// which Windows programs put before the first, is no part of it.
class CsvRows {
 public:
  explicit CsvRows(std::string_view text);
  std::optional<CsvRow> Next();

 private:
  std::string_view rest_;
  int line_ = 0;
};

enum class CsvCellKind {
  kNumber,   // that float32 holds
  kMissing,  // nothing, "nan", "NA" and the like, "inf", 1e39
  kText
};
struct CsvCell {
  CsvCellKind kind = CsvCellKind::kText;
  float number = 0;
};
CsvCell ReadCsvCell(std::string_view text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_CSV_ROWS_H_
