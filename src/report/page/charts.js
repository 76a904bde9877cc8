// Draws the charts with Observable Plot from the page's data. Without the
// library the static pictures that the page came with stay.

const hasPlot = typeof Plot !== "undefined";
const percent = (value, digits = 2) => `${value.toFixed(digits)}%`;
const points = (value) => {
  const text = Math.abs(value) < 0.005 ? "0.00" : value.toFixed(2);
  return value >= 0.005 ? `+${text}` : text;
};

// Rows with their names at the left, or above the marks where it is narrow.
const rowFrame = (rows, width, right) => {
  const narrow = width < 560;
  const row = narrow ? 46 : 34;
  const left = narrow ? 4 : 230;
  return {
    frame: {
      width,
      height: rows.length * row + 52,
      marginLeft: left,
      marginRight: narrow ? 8 : right,
      marginTop: 6,
      marginBottom: 40,
      y: { axis: null, type: "band", domain: rows.map((_, i) => i), padding: narrow ? 0.55 : 0.35 },
    },
    names: Plot.text(rows, {
      y: (_, i) => i,
      text: (d) => shorten(d.name, narrow ? 24 : 34),
      frameAnchor: "left",
      textAnchor: narrow ? "start" : "end",
      dx: narrow ? 0 : -10,
      dy: narrow ? -17 : 0,
      fill: "var(--ink)",
    }),
    beside: (text, options = {}) => Plot.text(rows, {
      y: (_, i) => i,
      text,
      frameAnchor: "right",
      textAnchor: narrow ? "end" : "start",
      dx: narrow ? 0 : 10,
      dy: narrow ? -17 : 0,
      fill: "var(--ink)",
      ...options,
    }),
  };
};

const drawIntervals = (data, width) => {
  const rows = data.rows;
  const { frame, names, beside } = rowFrame(rows, width, 170);
  const [low, high] = data.range;
  const room = (high - low) * 0.05;
  // Rows far away would squeeze the others to a point: they get an arrow.
  const inside = rows.map((d, i) => ({ ...d, i })).filter((d) => d.delta >= low && d.delta <= high);
  const outside = rows.map((d, i) => ({ ...d, i })).filter((d) => d.delta < low || d.delta > high);
  return Plot.plot({
    ...frame,
    x: { label: "percentage points of PCK@20 →", grid: true, domain: [low - room, high + room], clamp: true },
    marks: [
      Plot.ruleX([0], { stroke: "var(--strong)" }),
      Plot.ruleX([-data.tolerance], { stroke: "var(--strong)", strokeDasharray: "4 3" }),
      Plot.link(inside, {
        x1: "low", x2: "high", y1: "i", y2: "i",
        stroke: (d) => seriesColour(d.colour), strokeWidth: 3, strokeLinecap: "round",
      }),
      Plot.text(outside, {
        x: (d) => d.delta < low ? low : high, y: "i", text: (d) => d.delta < low ? "◀" : "▶",
        fill: (d) => seriesColour(d.colour), fontSize: 16,
      }),
      Plot.dot(inside, {
        x: "delta", y: "i", r: 6, fill: (d) => seriesColour(d.colour),
        title: (d) => `${d.name}\n${points(d.delta)} pp [${points(d.low)}, ${points(d.high)}]\n${d.verdict}`,
        tip: true,
      }),
      names,
      beside((d) => `${points(d.delta)} [${points(d.low)}, ${points(d.high)}]`),
    ],
    color: { type: "identity" },
  });
};

const drawLadder = (data, width, state) => {
  const rows = data.steps.map((step, i) => {
    const value = step[state];
    const before = data.steps[Math.max(i - 1, 0)][state];
    return { name: step.name, i, value, before, change: value - before };
  });
  const { frame, names, beside } = rowFrame(rows, width, 150);
  const low = Math.min(...rows.map((d) => d.value));
  const high = Math.max(...rows.map((d) => d.value));
  const room = high > low ? (high - low) * 0.12 : 0.5;
  const tone = (d) => d.change < 0 ? "var(--loss)" : "var(--gain)";
  const later = rows.slice(1);
  return Plot.plot({
    ...frame,
    x: { label: `${state.toUpperCase()}, % →`, grid: true, domain: [low - room, high + room] },
    marks: [
      Plot.barX(later, {
        x1: "before", x2: "value", y: "i", fill: tone,
        title: (d) => `${d.name}\n${points(d.change)} pp`, tip: true,
      }),
      Plot.link(later, { x1: "before", x2: "before", y1: (d) => d.i - 1, y2: "i", stroke: "var(--strong)" }),
      Plot.tickX(rows, { x: "value", y: "i", stroke: "var(--s0)", strokeWidth: 3, inset: -3 }),
      names,
      beside((d) => d.i === 0 ? percent(d.value) : `${percent(d.value)}  ${points(d.change)}`),
    ],
    color: { type: "identity" },
  });
};

const seriesPoints = (data) => data.series.flatMap((series) =>
  series.values.map((y, i) => ({ x: i * data.step, y, name: series.name, colour: series.colour })));

const drawSeries = (data, width, options) => {
  const all = seriesPoints(data);
  return Plot.plot({
    width,
    height: Math.max(240, Math.min(360, width * 0.55)),
    marginLeft: 46,
    marginRight: 16,
    marginTop: 22,
    marginBottom: 40,
    x: { label: "threshold, % of the torso →", grid: true },
    y: { label: options.label, grid: true, ...options.y },
    color: { type: "identity" },
    marks: [
      ...(options.under || []),
      Plot.line(all.filter((d) => d.colour < 0), {
        x: "x", y: "y", z: "name", stroke: "var(--sb)", strokeWidth: 2, strokeDasharray: "5 4", clip: options.clip,
      }),
      Plot.line(all.filter((d) => d.colour >= 0), {
        x: "x", y: "y", z: "name", stroke: (d) => seriesColour(d.colour), strokeWidth: 2, clip: options.clip,
      }),
      ...(options.over ? options.over(all) : []),
      Plot.tip(options.clip ? all.filter((d) => d.y >= data.range[0] && d.y <= data.range[1]) : all, Plot.pointer({
        x: "x", y: "y", title: (d) => `${d.name}\nat ${d.x}%: ${options.text(d.y)}`,
      })),
    ],
  });
};

const drawErrors = (data, width) => drawSeries(data, width, {
  label: "↑ share of joints, %", text: (y) => percent(y), y: { zero: true },
  under: [Plot.ruleY([0], { stroke: "var(--strong)" })],
});
const drawCurves = (data, width) => drawSeries(data, width, {
  label: "↑ joints within, %", text: (y) => percent(y), y: { domain: [0, 100] },
  over: (all) => [Plot.dot(all.filter((d) => d.x > 0 && d.x % 10 === 0), {
    x: "x", y: "y", r: 3.5, fill: (d) => seriesColour(d.colour),
  })],
});
const drawDifference = (data, width) => drawSeries(data, width, {
  label: "↑ points against fp32", text: (y) => `${points(y)} pp`, y: { domain: data.range }, clip: true,
  under: [Plot.ruleY([0], { stroke: "var(--strong)" })],
});

const drawSize = (data, width) => Plot.plot({
  width,
  height: Math.max(240, Math.min(360, width * 0.55)),
  marginLeft: 50,
  marginTop: 22,
  marginBottom: 40,
  x: { label: "MiB on disk →", grid: true, zero: true, nice: true },
  y: { label: "↑ PCK@20, %", grid: true, nice: true, inset: 12 },
  color: { type: "identity" },
  marks: [
    Plot.dot(data.models, {
      x: "mib", y: "pck20", r: 7, fill: (d) => seriesColour(d.colour), stroke: "var(--bg)",
      title: (d) => `${d.name}\n${d.mib.toFixed(3)} MiB\n${percent(d.pck20)}`, tip: true,
    }),
  ],
});

const drawFront = (data, width) => Plot.plot({
  width,
  height: Math.max(240, Math.min(360, width * 0.55)),
  marginLeft: 50,
  marginTop: 22,
  marginBottom: 40,
  x: { label: "KiB of artifact →", grid: true, nice: true },
  y: { label: `↑ ${data.metric}, %`, grid: true, nice: true },
  color: { type: "identity" },
  marks: [
    ...(data.fp32 === null ? [] : [
      Plot.ruleY([data.fp32], { stroke: "var(--strong)", strokeDasharray: "4 3" }),
      Plot.text([data.fp32], { y: (d) => d, text: () => "fp32", frameAnchor: "left", dy: -8, textAnchor: "start", fill: "var(--muted)" }),
    ]),
    Plot.line(data.line, { x: "kib", y: "pck", stroke: "var(--s0)", strokeWidth: 2 }),
    Plot.dot(data.points, {
      x: "kib", y: "pck",
      r: (d) => d.front ? 5 : 3,
      fill: (d) => d.front ? "var(--s0)" : "var(--sb)",
      title: (d) => `${Math.round(d.kib * 1024).toLocaleString("en")} bytes\n${percent(d.pck)}` +
        (d.macs_cost === undefined ? "" : `\nMAC cost ${d.macs_cost.toFixed(3)}`) +
        (d.chosen ? "\nchosen" : ""),
      tip: true,
    }),
    Plot.dot(data.points.filter((d) => d.chosen), {
      x: "kib", y: "pck", r: 10, stroke: "var(--ink)", strokeWidth: 1.5,
    }),
  ],
  r: { type: "identity" },
});

const drawLatency = (data, width) => {
  const rows = data.bars;
  const { frame, names, beside } = rowFrame(rows, width, 90);
  const ends = rows.flatMap((d, i) => [d.p90, d.p99].filter((x) => x !== null).map((x) => ({ x, i, from: d.p50 })));
  return Plot.plot({
    ...frame,
    x: { label: "milliseconds per window →", grid: true, domain: [0, data.high], clamp: true },
    color: { type: "identity" },
    marks: [
      Plot.barX(rows, {
        x: "p50", y: (_, i) => i, fill: (d) => d.peer ? "var(--sb)" : "var(--s0)", rx: 2,
        title: (d) => `${d.name}\n${d.detail}\nmedian ${d.p50.toFixed(3)} ms` +
          (d.p99 === null ? "" : `\np99 ${d.p99.toFixed(3)} ms`) +
          (d.share_of_peak === null ? "" : `\n${percent(100 * d.share_of_peak, 1)} of this core's peak`),
        tip: true,
      }),
      Plot.link(ends, { x1: "from", x2: "x", y1: "i", y2: "i", stroke: "var(--ink)" }),
      Plot.tickX(ends, { x: "x", y: "i", stroke: "var(--ink)", inset: 5 }),
      names,
      beside((d) => `${d.p50.toFixed(3)} ms`),
    ],
  });
};

const drawing = {
  intervals: drawIntervals, ladder: drawLadder, errors: drawErrors, curves: drawCurves,
  difference: drawDifference, size: drawSize, front: drawFront, latency: drawLatency,
};

const addLegend = (figure, entries) => {
  const list = make("ul", { class: "legend" });
  for (const entry of entries) {
    const item = make("li");
    item.append(make("span", { class: `swatch ${seriesClass(entry.colour)}` }), shorten(entry.name, 60));
    list.append(item);
  }
  figure.querySelector(".controls").append(list);
};

// A row of buttons of which one is pressed.
const addChoice = (figure, label, options, choose) => {
  const group = make("span", { class: "segmented", role: "group", "aria-label": label });
  for (const [value, text] of options) {
    const button = make("button", { type: "button", "aria-pressed": String(value === options[0][0]) }, text);
    button.addEventListener("click", () => {
      for (const other of group.children) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", "true");
      choose(value);
    });
    group.append(button);
  }
  figure.querySelector(".controls").append(group);
};

// One skeleton picture per model; they come with the page.
const setUpJoints = (figure) => {
  const pictures = Array.from(figure.querySelectorAll(".picture"));
  const show = (chosen) => pictures.forEach((picture, i) => { picture.hidden = i !== chosen; });
  if (pictures.length < 2) return;
  const label = make("label", {}, "Model ");
  const select = make("select");
  pictures.forEach((picture, i) => {
    select.append(make("option", { value: i }, picture.querySelector(".picture-name").textContent));
  });
  select.addEventListener("change", () => show(Number(select.value)));
  label.append(select);
  figure.querySelector(".controls").append(label);
  show(0);
};

const setUpChart = (chart) => {
  const figure = document.getElementById(chart.id);
  if (chart.kind === "joints") {
    setUpJoints(figure);
    return;
  }
  if (!hasPlot) return;
  const plot = figure.querySelector(".plot");
  let state = "pck@20";
  let width = 0;
  const draw = () => {
    const drawn = drawing[chart.kind](chart.data, width, state);
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", figure.querySelector("h4").textContent);
    plot.replaceChildren(drawn);
  };
  if (chart.kind === "ladder") {
    const shares = ["pck@20", "pck@10", "pck@50"];
    addChoice(figure, "Threshold", shares.map((key) => [key, key.toUpperCase()]), (key) => {
      state = key;
      draw();
    });
  }
  if (chart.data.series) addLegend(figure, chart.data.series);
  if (chart.kind === "size") addLegend(figure, chart.data.models);
  new ResizeObserver(() => {
    const now = Math.floor(plot.clientWidth);
    if (now === width || now < 50) return;
    width = now;
    draw();
  }).observe(plot);
};

for (const chart of pageData.charts) setUpChart(chart);
