// Tables: sorting, columns that wait, and CSV.

// What a cell is sorted by: its value, else its text as a number, else the text.
const sortKey = (cell) => {
  const text = cell.dataset.value ?? cell.textContent.replaceAll(",", "");
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? null : number;
};

// Losses first where there are any, else the largest; a second click turns the
// order round, a third goes back to the one that the page came with.
const sortTable = (button) => {
  const table = button.closest("table");
  const head = button.closest("th");
  const column = head.cellIndex;
  const body = table.tBodies[0];
  if (!body.originalRows) body.originalRows = Array.from(body.rows);
  const rows = Array.from(body.originalRows);
  const keys = new Map(rows.map((row) => [row, sortKey(row.cells[column])]));
  const numbers = [...keys.values()].filter((key) => key !== null);
  const first = numbers.some((key) => key < 0) || numbers.length === 0 ? "ascending" : "descending";
  const other = first === "ascending" ? "descending" : "ascending";
  const before = head.getAttribute("aria-sort");
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  if (before === other) {
    body.append(...rows);
    return;
  }
  const order = before === first ? other : first;
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  rows.sort((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    if (x === null && y === null) {
      return sign * a.cells[column].textContent.localeCompare(b.cells[column].textContent);
    }
    if (x === null || y === null) return x === null ? 1 : -1;
    return sign * (x - y);
  });
  body.append(...rows);
};
for (const button of document.querySelectorAll(".sort")) {
  button.addEventListener("click", () => sortTable(button));
}

// A text that a spreadsheet would run as a formula is given a quote before it;
// numbers and the dash of an absent one are no formulas.
const isHarmless = (text) => text === "-" || /^[+-]?[\d.,]+(e[+-]?\d+)?( ?%| pp)?$/i.test(text);
const csvCell = (cell) => {
  const text = (cell.dataset.value ?? (cell.title || cell.textContent)).trim();
  const safe = /^[=@+-]/.test(text) && !isHarmless(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};
for (const button of document.querySelectorAll(".csv")) {
  button.addEventListener("click", () => {
    const table = button.closest(".table").querySelector("table");
    const heads = Array.from(table.tHead.rows[0].cells, (cell) => `"${cell.textContent.replaceAll('"', '""')}"`);
    const rows = Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, csvCell));
    download(`${button.dataset.name}.csv`, "text/csv", [heads, ...rows].map((row) => row.join(",")).join("\r\n"));
  });
}
