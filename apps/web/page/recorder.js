// Poses as they were computed, to be saved as CSV or JSON.

const kMostRecorded = 200000;  // five hours at 10 poses a second

const saveFile = (name, text, type) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

class Recorder {
  #rows = [];
  #about = null;
  on = false;

  get count() { return this.#rows.length; }

  // What the next poses are of; another shape begins a new recording.
  begin(about) {
    if (JSON.stringify(about) === JSON.stringify(this.#about)) return;
    this.#about = about;
    this.#rows = [];
  }

  add(row) {
    if (this.on && this.#rows.length < kMostRecorded) this.#rows.push({ ...row, pose: Array.from(row.pose) });
  }

  clear() { this.#rows = []; }

  // seconds, confidence, latency_ms, then j0_x, j0_y, ... (or v0, v1, ...).
  csv() {
    const { shape } = this.#about;
    const pose = poseShape(shape);
    const names = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      pose === null ? `v${i}` : `j${Math.floor(i / pose.dims)}_${"xyz"[i % pose.dims]}`);
    const number = (value) => (Number.isFinite(value) ? String(value) : "");
    return [["seconds", "confidence", "latency_ms", ...names].join(",")]
      .concat(this.#rows.map(({ seconds, confidence, latency, pose: values }) =>
        [seconds.toFixed(4), number(confidence), latency.toFixed(3), ...values.map(number)].join(",")))
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
