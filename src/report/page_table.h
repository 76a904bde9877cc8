// A table of the page: heads that say what they mean, rows that are cards on a
// phone, columns that wait until they are asked for, and sorting where it is
// wanted. Needs no script to be read. Tested by page_table_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_PAGE_TABLE_H_
#define EDGE_INT8_SRC_REPORT_PAGE_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "src/report/markup.h"
#include "src/report/text_table.h"

namespace edge_int8 {

struct PageCell {
  Cell cell;
  // What it is sorted by, where that is not the text.
  std::optional<double> value = {};
  // In [-1, 1]: how much of the scale's largest is lost (below 0) or gained.
  std::optional<double> heat = {};
  // In [0, 1]: the length of a bar behind the number.
  std::optional<double> bar = {};
  std::string picture = {};  // markup in the text's place, which is its name
};

struct PageRow {
  std::vector<PageCell> cells;  // of a section: one
  std::optional<int> colour = {};
  bool section = false;   // a line of its own above what follows
  bool baseline = false;  // of no model
  std::string link = {};  // of what the row's first cell opens
};

struct PageTable {
  std::string name;   // for those who don't see it, and of its file
  std::string style;  // a class: "scores", "heatmap"
  std::vector<Column> columns;
  std::vector<bool> extra = {};  // shown when asked for; empty: none
  std::vector<PageRow> rows = {};
  bool sorts = false;
  bool tall = false;  // scrolls by itself

  void AddCells(const std::vector<Cell>& cells, std::optional<int> colour = {});
};

void AddTable(const PageTable& table, Markup& page);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_PAGE_TABLE_H_
