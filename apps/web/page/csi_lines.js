// Packets out of text: CSI_DATA lines of esp-csi's receiver and of the
// ESP32-CSI-Tool, and tables whose cells are lists of amplitudes. What can't be a
// packet is counted and left out, as `dataset import esp32` does.

const kMostValues = 8192;
const kMostLine = 1 << 20;

// Cells at commas outside of quotes and brackets; null where one isn't closed.
const splitCells = (line) => {
  const cells = [];
  let begin = 0;
  let quoted = false;
  let depth = 0;
  for (let at = 0; at <= line.length; ++at) {
    const c = line[at];
    if (at === line.length || (c === "," && !quoted && depth === 0)) {
      cells.push(line.slice(begin, at).trim().replace(/^"|"$/g, "").trim());
      begin = at + 1;
    } else if (c === '"') {
      quoted = !quoted;
    } else if (c === "[" && !quoted) {
      ++depth;
    } else if (c === "]" && !quoted) {
      --depth;
    }
  }
  return quoted || depth !== 0 ? null : cells;
};

const listOf = (cell) => {
  if (!cell.startsWith("[") || !cell.endsWith("]")) return null;
  const values = cell.slice(1, -1).split(/[\s,]+/).filter((part) => part !== "").map(Number);
  return values.length === 0 || values.length > kMostValues || values.some((v) => !Number.isFinite(v)) ? null : values;
};

// Pairs (imaginary, real) to amplitudes.
const amplitudesOf = (values, firstWordInvalid) => {
  const amplitudes = new Float32Array(values.length >> 1);
  for (let i = 0; i < amplitudes.length; ++i) {
    amplitudes[i] = firstWordInvalid && i < 2 ? 0 : Math.hypot(values[2 * i], values[2 * i + 1]);
  }
  return amplitudes;
};

const kTimeColumns = [
  ["host_epoch", 1], ["timestamp", 1], ["time", 1], ["t_rel", 1], ["esp_local_timestamp_us", 1e-6], ["local_timestamp", 1e-6],
];
const find = (names, wanted) => wanted.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1;

// By the number of cells, the list included: the columns of the chip's clock, of
// the length and of first_word.
const kLineLayouts = {
  25: { clock: 18, length: 22, firstWord: 23 },  // ESP32, S2, S3, C3
  26: { clock: 18, length: 24 },  // ESP32-CSI-Tool
  15: { clock: 9, length: 12, firstWord: 13 },  // C5, C6, C61
};

class CsiLines {
  #names = null;
  #wraps = 0;
  #last = null;
  counts = { packets: 0, other: 0, broken: 0, long: 0 };

  // One line; a packet {time, values} or null. `time` is in seconds, or null
  // where the line has no clock.
  read(line) {
    if (line.length > kMostLine) return this.#leave("long");
    const tag = line.lastIndexOf("CSI_DATA,");
    if (tag >= 0) return this.#tagged(line.slice(tag));
    const cells = splitCells(line);
    if (cells === null) return this.#leave("broken");
    if (cells.length > 1 && !line.includes("[") && find(cells.map((c) => c.toLowerCase()), ["data", "amplitude_json", "amplitude", "csi", "csi_data", "amplitudes"]) >= 0) {
      this.#names = cells.map((cell) => cell.toLowerCase());
      return null;
    }
    return this.#names === null ? this.#leave("other") : this.#row(cells);
  }

  #leave(why) {
    ++this.counts[why];
    return null;
  }

  #packet(time, values) {
    ++this.counts.packets;
    return { time: Number.isFinite(time) ? time : null, values };
  }

  // The chip's 32-bit microseconds go round every 71 minutes.
  #unwrapped(microseconds) {
    if (this.#last !== null && microseconds < this.#last - 2 ** 31) ++this.#wraps;
    this.#last = microseconds;
    return (microseconds + this.#wraps * 2 ** 32) * 1e-6;
  }

  #tagged(text) {
    const cells = splitCells(text.trim());
    if (cells === null) return this.#leave("broken");
    const values = listOf(cells[cells.length - 1]);
    const { clock, length, firstWord } = kLineLayouts[cells.length] ?? {};
    if (values === null || values.length % 2 !== 0) return this.#leave("broken");
    if (length !== undefined && Number(cells[length]) !== values.length) return this.#leave("broken");
    const time = clock === undefined ? NaN : this.#unwrapped(Number(cells[clock]));
    return this.#packet(time, amplitudesOf(values, firstWord !== undefined && Number(cells[firstWord]) === 1));
  }

  #row(cells) {
    const names = this.#names;
    if (cells.length !== names.length) return this.#leave("broken");
    const amplitude = find(names, ["amplitude_json", "amplitude", "amplitudes"]);
    const raw = find(names, ["data", "csi_data", "csi"]);
    const values = listOf(cells[amplitude >= 0 ? amplitude : raw] ?? "");
    if (values === null || (amplitude < 0 && values.length % 2 !== 0)) return this.#leave("broken");
    const column = kTimeColumns.find(([name]) => names.includes(name));
    let time = NaN;
    if (column) {
      const cell = Number(cells[names.indexOf(column[0])]);
      time = column[1] === 1 ? cell : this.#unwrapped(cell);
    }
    return this.#packet(time, amplitude >= 0 ? Float32Array.from(values) : amplitudesOf(values, Number(cells[names.indexOf("first_word")]) === 1));
  }
}

// Splits a stream of text into lines, however it was cut.
class LineSplitter {
  #rest = "";

  *lines(text) {
    this.#rest += text;
    let begin = 0;
    for (let at = this.#rest.indexOf("\n"); at >= 0; at = this.#rest.indexOf("\n", begin)) {
      yield this.#rest.slice(begin, at);
      begin = at + 1;
    }
    this.#rest = this.#rest.slice(begin);
    if (this.#rest.length > kMostLine) {
      yield this.#rest;
      this.#rest = "";
    }
  }
}
