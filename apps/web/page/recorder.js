// Poses as they were computed, to be saved as CSV or JSON.

const kMostRecorded = 200000;  // five hours at 10 poses a second

const saveFile = (name, text, type) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

// x, y, ... of each joint, or the values of what is no pose.
const columnsOf = (shape) => {
  const pose = poseShape(shape);
  return Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    (pose === null ? `v${i}` : `j${Math.floor(i / pose.dims)}_${"xyz"[i % pose.dims]}`));
};

class Recorder {
  #rows = [];
  #about = null;
  on = false;

  get count() { return this.#rows.length; }

  // What the next poses are of; anything else begins a new recording.
  begin(about) {
    if (JSON.stringify(about) === JSON.stringify(this.#about)) return;
    this.#about = about;
    this.#rows = [];
  }

  // While it is on. A file has one row of names: poses with other ones than what
  // was recorded begin a new recording, of `about`.
  add(about, row) {
    if (!this.on) return;
    if (columnsOf(about.shape).join() !== columnsOf(this.#about.shape).join()) this.begin(about);
    if (this.#rows.length < kMostRecorded) this.#rows.push({ ...row, pose: Array.from(row.pose) });
  }

  // seconds, confidence, latency_ms, then j0_x, j0_y, ... (or v0, v1, ...).
  csv() {
    const number = (value, text = String) => (Number.isFinite(value) ? text(value) : "");
    const places = (count) => (value) => value.toFixed(count);
    return [["seconds", "confidence", "latency_ms", ...columnsOf(this.#about.shape)].join(",")]
      .concat(this.#rows.map(({ seconds, confidence, latency, pose: values }) =>
        [number(seconds, places(4)), number(confidence), number(latency, places(3)), ...values.map((value) => number(value))].join(",")))
      .join("\n") + "\n";
  }

  json() {
    const finite = (value) => (Number.isFinite(value) ? value : null);
    const poses = this.#rows.map(({ seconds, confidence, latency, pose }) => ({
      seconds, confidence: finite(confidence), latency_ms: latency, pose: pose.map(finite),
    }));
    return JSON.stringify({ ...this.#about, poses }, null, 1);
  }
}
