// The small pictures: CSI as a waterfall, latencies as a histogram, confidence
// over time, scores of a network without joints.

// Near viridis, from five of its colours.
const kHeat = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const kHeatTable = Uint32Array.from({ length: 256 }, (_, level) => {
  const at = level / 255 * (kHeat.length - 1);
  const i = Math.min(Math.floor(at), kHeat.length - 2);
  const [r, g, b] = kHeat[i].map((from, c) => Math.round(from + (at - i) * (kHeat[i + 1][c] - from)));
  return 255 << 24 | b << 16 | g << 8 | r;
});

const kRedrawn = 200;  // steps after which the means are taken again

// One column of pixels a step, the newest at the right; the canvas scales them.
// Every channel is drawn about its own mean: what moves is seen, not what stands.
class Waterfall {
  #drawn = -1;
  #measured = -1;
  #means = null;
  #spread = 1;

  constructor(canvas, columns) {
    Object.assign(this, { canvas, columns });
    canvas.width = columns;
  }

  clear() {
    this.#drawn = -1;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // Rows are channels, at most 270 of them: of more, every second, third, ...
  draw(track, end) {
    const every = Math.ceil(track.channels / 270);
    const rows = Math.ceil(track.channels / every);
    if (this.canvas.height !== rows) {
      this.canvas.height = rows;
      this.#drawn = -1;
    }
    let fresh = end - this.#drawn;
    if (fresh === 0) return;
    const context = this.canvas.getContext("2d");
    if (this.#drawn < 0 || fresh < 0 || fresh > this.columns || end - this.#measured > kRedrawn) {
      fresh = this.columns;
      this.#measure(track, end, every, rows);
    } else {
      context.drawImage(this.canvas, -fresh, 0);
    }
    const image = context.createImageData(fresh, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let x = 0; x < fresh; ++x) {
      const values = track.at(end - fresh + x);
      if (values === null) continue;
      for (let y = 0; y < rows; ++y) {
        const level = 128 + 128 * (values[y * every] - this.#means[y]) / this.#spread;
        pixels[y * fresh + x] = kHeatTable[Math.max(0, Math.min(255, level | 0))];
      }
    }
    context.putImageData(image, this.columns - fresh, 0);
    this.#drawn = end;
  }

  // Means of the channels over what is shown, or a whole width of a recording, and
  // the 98th percentile of how far values are from them.
  #measure(track, end, every, rows) {
    const shown = [];
    const first = Math.max(0, end - this.columns);
    for (let step = first; step < Math.max(end, first + this.columns); step += 6) {
      const values = track.at(step);
      if (values !== null) shown.push(values);
    }
    this.#means = Float32Array.from({ length: rows }, (_, y) =>
      shown.reduce((sum, values) => sum + values[y * every], 0) / Math.max(shown.length, 1));
    const distances = [];
    for (const values of shown) {
      for (let y = 0; y < rows; y += 3) {
        const distance = Math.abs(values[y * every] - this.#means[y]);
        if (Number.isFinite(distance)) distances.push(distance);
      }
    }
    this.#spread = percentile(distances, 0.98) || 1;
    this.#measured = end;
  }
}

// Bars of the latencies in ms, up to their 98th percentile.
const drawHistogram = (canvas, latencies, colours) => {
  const { context, width, height } = fitCanvas(canvas);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colours.muted;
  if (latencies.length < 2) return context.fillText("no poses yet", 4, height / 2);
  const most = Math.max(percentile(latencies, 0.98), 0.5);
  const bins = new Array(Math.max(12, Math.min(40, Math.floor(width / 9)))).fill(0);
  for (const latency of latencies) ++bins[Math.min(bins.length - 1, Math.floor(latency / most * bins.length))];
  const top = Math.max(...bins);
  const floor = height - 16;
  context.fillStyle = colours.accent;
  bins.forEach((count, i) => {
    const h = count / top * (floor - 4);
    context.fillRect(i * width / bins.length + 0.5, floor - h, width / bins.length - 1, h);
  });
  context.fillStyle = colours.muted;
  context.fillText("0", 0, height - 3);
  context.textAlign = "right";
  context.fillText(`${most.toFixed(1)} ms`, width, height - 3);
  context.textAlign = "left";
};

// values in [0, 1], NaN where there is no pose.
const drawConfidence = (canvas, values, colours) => {
  const { context, width, height } = fitCanvas(canvas);
  const y = (value) => height - 3 - value * (height - 6);
  context.strokeStyle = colours.grid;
  context.beginPath();
  for (const level of [0, 0.5, 1]) {
    context.moveTo(0, y(level));
    context.lineTo(width, y(level));
  }
  context.stroke();
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.beginPath();
  let down = false;
  values.forEach((value, i) => {
    const x = width * (i + 1 + kConfidenceValues - values.length) / kConfidenceValues;
    if (Number.isNaN(value)) down = false;
    else if (down) context.lineTo(x, y(value));
    else {
      context.moveTo(x, y(value));
      down = true;
    }
  });
  context.stroke();
};
const kConfidenceValues = 160;

const drawScores = (canvas, scores, colours) => {
  const { context, width, height } = fitCanvas(canvas);
  const [low, high] = [Math.min(0, ...scores), Math.max(...scores, 1e-9)];
  const best = scores.indexOf(Math.max(...scores));
  const row = Math.min(34, (height - 20) / scores.length);
  context.font = "12px system-ui, sans-serif";
  scores.forEach((score, i) => {
    const y = 10 + i * row;
    context.fillStyle = i === best ? colours.accent : colours.strong;
    context.fillRect(60, y + 2, Math.max(1, (width - 140) * (score - low) / (high - low)), Math.max(1, row - 4));
    if (row < 11) return;
    context.fillStyle = colours.ink;
    context.fillText(String(i), 20, y + row / 2 + 4);
    context.fillText(score.toPrecision(3), width - 70, y + row / 2 + 4);
  });
};
