// The player: truth and models as skeletons over consecutive windows.

const kNotFinite = -32768;

// Little-endian 16-bit steps of `unit` to coordinates; NaN where there is none.
const decodePoses = (text, unit) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const poses = new Float32Array(bytes.length / 2);
  for (let i = 0; i < poses.length; ++i) {
    const steps = view.getInt16(2 * i, true);
    poses[i] = steps === kNotFinite ? NaN : steps * unit;
  }
  return poses;
};

// All chunks of a recording, joined: poses by label, window numbers, pictures.
const loadRecording = (player, file) => {
  const windows = file.chunks.flatMap((chunk) => chunk.windows);
  const { joints, dims } = player;
  const poses = {};
  for (const label of ["truth", ...player.models.map((model) => model.label)]) {
    poses[label] = new Float32Array(windows.length * joints * dims);
    let at = 0;
    for (const chunk of file.chunks) {
      const part = decodePoses(chunk.poses[label], player.unit);
      poses[label].set(part, at);
      at += part.length;
    }
  }
  const pictures = file.chunks.map((chunk) => {
    if (!chunk.csi) return null;
    const image = new Image();
    image.src = `data:image/png;base64,${chunk.csi}`;
    return image;
  });
  return { windows, pictures, ...drawingOf(player, poses), errors: errorsOf(player, poses) };
};

// What is drawn is flat. In 3-D it is every pose twice: from the front (x, y)
// and, to its right, from the side (z, y).
const drawingOf = (player, poses) => {
  const { joints, dims, skeleton } = player;
  if (dims === 2) {
    return { points: joints, bones: skeleton, poses, bounds: boundsOf(poses.truth) };
  }
  const range = (axis) => {
    const values = poses.truth.filter((value, i) => i % dims === axis && !Number.isNaN(value));
    const ends = values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
    return ends[0] <= ends[1] ? ends : [0, 1];
  };
  const [front, side] = [range(0), range(2)];
  const shift = front[1] - side[0] + 0.2 * (front[1] - front[0] + side[1] - side[0]);
  const flat = {};
  for (const [label, own] of Object.entries(poses)) {
    const windows = own.length / (joints * dims);
    flat[label] = new Float32Array(windows * 2 * joints * 2);
    for (let n = 0; n < windows; ++n) {
      for (let j = 0; j < joints; ++j) {
        const [x, y, z] = own.subarray((n * joints + j) * dims);
        flat[label].set([x, y], (2 * n * joints + j) * 2);
        flat[label].set([z + shift, y], (2 * n * joints + joints + j) * 2);
      }
    }
  }
  const bones = [...skeleton, ...skeleton.map(([a, b]) => [a + joints, b + joints])];
  return { points: 2 * joints, bones, poses: flat, bounds: boundsOf(flat.truth) };
};

const boundsOf = (poses) => {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  poses.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value);
  });
  return low[0] <= high[0] ? { low, high } : { low: [0, 0], high: [1, 1] };
};

// What the metric's thresholds are of: the distance of two joints, the box, or
// always the same.
const scaleAt = (player, truth, at) => {
  const { joints, dims, scale } = player;
  const axes = Array.from({ length: dims }, (_, d) => d);
  if (scale.pair) {
    const [a, b] = scale.pair.map((j) => at + j * dims);
    return Math.max(scale.floor, Math.hypot(...axes.map((d) => truth[a + d] - truth[b + d])));
  }
  if (scale.box) {
    const sides = axes.map((d) => {
      const values = Array.from({ length: joints }, (_, j) => truth[at + j * dims + d]);
      return Math.max(...values) - Math.min(...values);
    });
    return Math.max(scale.floor, Math.hypot(...sides));
  }
  return scale.floor;
};

// Mean distance of every window as percent of that scale, by label.
const errorsOf = (player, poses) => {
  const { joints, dims } = player;
  const truth = poses.truth;
  const count = truth.length / (joints * dims);
  const errors = {};
  for (const [label, own] of Object.entries(poses)) {
    if (label === "truth") continue;
    errors[label] = Array.from({ length: count }, (_, n) => {
      const at = n * joints * dims;
      let sum = 0;
      for (let j = 0; j < joints; ++j) {
        const first = at + j * dims;
        sum += Math.hypot(...Array.from({ length: dims }, (_, d) => own[first + d] - truth[first + d]));
      }
      return 100 * sum / (joints * scaleAt(player, truth, at));
    });
  }
  return errors;
};

// Between two windows every joint moves on a straight line.
const poseAt = (poses, time, values) => {
  const first = Math.floor(time);
  const share = time - first;
  const at = first * values;
  const next = Math.min(at + values, poses.length - values);
  return Array.from({ length: values }, (_, i) => poses[at + i] + share * (poses[next + i] - poses[at + i]));
};

// Dark blue to yellow through teal; near viridis, from five of its colours.
const kHeat = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const heatColour = (share) => {
  const at = Math.min(Math.max(share, 0), 1) * (kHeat.length - 1);
  const i = Math.min(Math.floor(at), kHeat.length - 2);
  return kHeat[i].map((from, c) => Math.round(from + (at - i) * (kHeat[i + 1][c] - from)));
};

const setUpPlayer = (root) => {
  const part = (role) => root.querySelector(`[data-role="${role}"]`);
  const body = root.querySelector(".player-body");
  const slider = part("slider");
  const playButton = part("play");
  const probe = make("span", { hidden: "" });
  root.append(probe);
  const state = { player: null, recording: null, time: 0, playing: false, layout: "apart", shown: new Set(), last: 0 };

  // The value a custom property has in the theme of the moment.
  const colours = new Map();
  const colour = (name) => {
    if (!colours.has(name)) {
      probe.style.color = `var(--${name})`;
      colours.set(name, getComputedStyle(probe).color);
    }
    return colours.get(name);
  };
  const modelColour = (model) => colour(model.colour < 0 ? "sb" : `s${model.colour}`);

  const fit = (canvas) => {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
  };

  const drawSkeleton = (context, pose, place, stroke, width) => {
    const point = (j) => place(pose[2 * j], pose[2 * j + 1]);
    context.strokeStyle = context.fillStyle = stroke;
    context.lineWidth = width;
    context.lineCap = "round";
    context.beginPath();
    for (const [from, to] of state.recording.bones) {
      const [a, b] = [point(from), point(to)];
      if ([...a, ...b].some(Number.isNaN)) continue;
      context.moveTo(...a);
      context.lineTo(...b);
    }
    context.stroke();
    for (let j = 0; j < state.recording.points; ++j) {
      const [x, y] = point(j);
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      context.beginPath();
      context.arc(x, y, width * 1.3, 0, 2 * Math.PI);
      context.fill();
    }
  };

  // Data coordinates to the picture, proportions kept.
  const placing = (left, top, width, height) => {
    const { low, high } = state.recording.bounds;
    const margin = 26;
    const scale = Math.min((width - 2 * margin) / Math.max(high[0] - low[0], 1e-6), (height - 2 * margin - 18) / Math.max(high[1] - low[1], 1e-6));
    const cx = left + width / 2;
    const cy = top + 18 + (height - 18) / 2;
    return (x, y) => [cx + (x - (low[0] + high[0]) / 2) * scale, cy + (y - (low[1] + high[1]) / 2) * scale];
  };

  const shownModels = () => state.player.models.filter((model) => state.shown.has(model.label));

  // Skeletons side by side: in one row, in several where it is narrow.
  const gridOf = (count) => {
    const columns = part("poses").clientWidth < 560 ? Math.min(2, count) : count;
    return { columns, rows: Math.ceil(count / columns) };
  };

  const drawPoses = () => {
    const apart = state.layout === "apart" && shownModels().length > 0;
    const tall = apart && gridOf(shownModels().length).rows > 1;
    part("poses").style.height = tall ? `${gridOf(shownModels().length).rows * 210}px` : "";
    const { context, width, height } = fit(part("poses"));
    const truth = poseAt(state.recording.poses.truth, state.time, 2 * state.recording.points);
    const models = shownModels();
    const withTruth = state.shown.has("truth");
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    const skeleton = (model, place) => drawSkeleton(context, poseAt(state.recording.poses[model.label], state.time, 2 * state.recording.points), place, modelColour(model), 2.5);
    const ghost = (place) => { if (withTruth) drawSkeleton(context, truth, place, colour("strong"), 4); };
    if (!apart) {
      const place = placing(0, 0, width, height);
      ghost(place);
      for (const model of models) skeleton(model, place);
      return;
    }
    const { columns, rows } = gridOf(models.length);
    models.forEach((model, i) => {
      const cell = [width / columns, height / rows];
      const left = (i % columns) * cell[0];
      const top = Math.floor(i / columns) * cell[1];
      const place = placing(left, top, ...cell);
      ghost(place);
      skeleton(model, place);
      context.fillStyle = colour("ink");
      context.fillText(shorten(model.title, Math.max(8, Math.floor(cell[0] / 8))), left + cell[0] / 2, top + 18);
    });
  };

  // One picture holds several windows side by side.
  const drawCsi = () => {
    const canvas = part("csi");
    const { rows, columns, levels } = state.player.csi;
    canvas.width = columns;
    canvas.height = rows;
    let index = Math.round(state.time);
    let chunk = 0;
    const chunks = state.player.files[state.file].chunks;
    while (chunk + 1 < chunks.length && index >= chunks[chunk].windows.length) {
      index -= chunks[chunk].windows.length;
      ++chunk;
    }
    const picture = state.recording.pictures[chunk];
    root.querySelector(".csi").hidden = !picture;
    if (!picture) return;
    if (!picture.complete) {
      picture.onload = () => draw();
      return;
    }
    if (picture.naturalWidth === 0) return;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, index * columns, 0, columns, rows, 0, 0, columns, rows);
    const pixels = context.getImageData(0, 0, columns, rows);
    for (let i = 0; i < pixels.data.length; i += 4) {
      const [r, g, b] = heatColour(pixels.data[i] / (4 * levels));
      pixels.data[i] = r;
      pixels.data[i + 1] = g;
      pixels.data[i + 2] = b;
    }
    context.putImageData(pixels, 0, 0);
  };

  const drawTimeline = () => {
    const { context, width, height } = fit(part("timeline"));
    const count = state.recording.windows.length;
    const models = shownModels();
    let most = 1;
    for (const model of models) {
      for (const error of state.recording.errors[model.label]) if (error > most) most = error;
    }
    const x = (n) => count > 1 ? 2 + n / (count - 1) * (width - 4) : width / 2;
    const y = (error) => height - 4 - error / most * (height - 22);
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colour("muted");
    context.textAlign = "left";
    context.fillText(`mean error, % of the scale; top ${most.toFixed(1)}%`, 2, 11);
    context.lineWidth = 1.5;
    for (const model of models) {
      context.strokeStyle = modelColour(model);
      context.beginPath();
      state.recording.errors[model.label].forEach((error, n) => {
        if (!Number.isNaN(error)) context.lineTo(x(n), y(error));
      });
      context.stroke();
    }
    context.strokeStyle = colour("ink");
    context.beginPath();
    context.moveTo(x(state.time), 14);
    context.lineTo(x(state.time), height);
    context.stroke();
  };

  const sayWhere = () => {
    const n = Math.round(state.time);
    const { windows, errors } = state.recording;
    slider.value = n;
    part("where").textContent = `${n + 1} of ${windows.length} (window ${windows[n]})`;
    for (const output of root.querySelectorAll(".now")) {
      const error = errors[output.dataset.label][n];
      output.textContent = Number.isNaN(error) ? "not finite" : `${error.toFixed(1)}%`;
    }
  };

  const draw = () => {
    if (!state.recording || state.recording.windows.length === 0) return;
    drawPoses();
    drawCsi();
    drawTimeline();
    sayWhere();
    root.dataset.time = state.time.toFixed(3);
  };

  const moveTo = (time) => {
    const last = state.recording.windows.length - 1;
    state.time = Math.min(Math.max(time, 0), Math.max(last, 0));
    draw();
  };

  const step = (now) => {
    if (!state.playing) return;
    const last = state.recording.windows.length - 1;
    // A hidden tab must not come back with a leap.
    const seconds = Math.min((now - state.last) / 1000, 0.1);
    state.last = now;
    let time = state.time + seconds * Number(part("speed").value);
    if (time > last) time = 0;
    moveTo(time);
    requestAnimationFrame(step);
  };

  const play = (on) => {
    if (on === state.playing) return;
    state.playing = on;
    playButton.textContent = on ? "Pause" : "Play";
    if (on) {
      state.last = performance.now();
      requestAnimationFrame(step);
    }
  };

  const chooseFile = (index) => {
    state.file = index;
    const file = state.player.files[index];
    state.recording = loadRecording(state.player, file);
    part("file").value = index;
    slider.max = Math.max(state.recording.windows.length - 1, 0);
    const cut = state.recording.windows.length < file.windows ? ` The first ${state.recording.windows.length} of its ${file.windows} windows are in this page.` : "";
    part("ranked").textContent = `Recordings are ranked by the mean error of ${state.player.ranked_by}.${cut}`;
    moveTo(0);
  };

  const choosePlayer = (index) => {
    state.player = pageData.players[index].player;
    const files = part("file");
    files.replaceChildren(...state.player.files.map((file, i) => {
      const error = file.mean_error === null ? "not finite" : `${(100 * file.mean_error).toFixed(1)}% of the scale`;
      return make("option", { value: i }, `${file.which}: file ${file.file}, ${error}`);
    }));
    state.shown = new Set(["truth", ...state.player.models.map((model) => model.label)]);
    const box = (label, title, swatch) => {
      const outer = make("label", { class: swatch });
      const input = make("input", { type: "checkbox" });
      input.checked = state.shown.has(label);
      input.addEventListener("change", () => {
        if (input.checked) state.shown.add(label);
        else state.shown.delete(label);
        draw();
      });
      outer.append(input, make("span", { class: "swatch" }), make("bdi", {}, title));
      return outer;
    };
    part("models").replaceChildren(box("truth", "truth", "truth"), ...state.player.models.map((model) => {
      const outer = box(model.label, shorten(model.title, 40), model.colour < 0 ? "sb" : `s${model.colour}`);
      outer.append(make("span", { class: "now" }));
      outer.lastChild.dataset.label = model.label;
      return outer;
    }));
    chooseFile(0);
    listWorst();
  };

  // The windows with the largest error of the model that ranks the recordings,
  // over all of them; each opens here.
  const listWorst = () => {
    const { player } = state;
    const ranked = player.models.find((model) => model.title === player.ranked_by) ?? player.models.at(-1);
    const windows = player.files.flatMap((file, f) => {
      const { errors, windows: numbers } = loadRecording(player, file);
      return errors[ranked.label].map((error, n) => ({
        file: f, n, number: numbers[n], error,
        others: player.models.filter((model) => model !== ranked).map((model) => errors[model.label][n]),
      }));
    });
    const size = (error) => Number.isNaN(error) ? Infinity : error;
    windows.sort((a, b) => size(b.error) - size(a.error));
    const text = (error) => Number.isNaN(error) ? "not finite" : `${error.toFixed(1)}%`;
    const others = player.models.filter((model) => model !== ranked);
    const head = make("tr");
    const heads = [["window", "number in the data set; opens it above"], ["recording", "best, median or worst of the split"],
      ...[ranked, ...others].map((model) => [shorten(model.title, 24), "mean distance of joints, % of the metric's scale"])];
    heads.forEach(([name, help], i) => head.append(make("th", { scope: "col", class: i < 2 ? "left" : "num", title: help }, name)));
    const rows = windows.slice(0, 10).map((window) => {
      const row = make("tr");
      const first = make("th", { scope: "row", class: "left" });
      const open = make("button", { type: "button" }, `window ${window.number}`);
      open.addEventListener("click", () => {
        play(false);
        chooseFile(window.file);
        moveTo(window.n);
        root.scrollIntoView();
        root.focus({ preventScroll: true });
      });
      first.append(open);
      row.append(first, make("td", { class: "left", "data-label": "recording" }, player.files[window.file].which));
      [window.error, ...window.others].forEach((error, i) => {
        row.append(make("td", { class: "num", "data-label": heads[i + 2][0] }, text(error)));
      });
      return row;
    });
    const table = make("table", { class: "cards worst" });
    table.createTHead().append(head);
    table.createTBody().append(...rows);
    part("worst").replaceChildren(table);
    part("worst-model").textContent = ranked.title;
  };

  const changeSpeed = (by) => {
    const speed = part("speed");
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
  };
  const nudge = (by) => {
    play(false);
    moveTo(Math.round(state.time) + by);
  };
  const keys = {
    " ": () => play(!state.playing),
    ArrowLeft: () => nudge(-1),
    ArrowRight: () => nudge(1),
    Home: () => moveTo(0),
    End: () => moveTo(state.recording.windows.length - 1),
    ArrowUp: () => changeSpeed(1),
    ArrowDown: () => changeSpeed(-1),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    // These have their own meaning for keys.
    if (target.matches("select")) return;
    if (event.key === " " && target.matches("button, input[type=checkbox]")) return;
    const number = Number(event.key);
    if (number >= 1 && number <= state.player.files.length) {
      chooseFile(number - 1);
    } else if (keys[event.key]) {
      keys[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  });

  playButton.addEventListener("click", () => play(!state.playing));
  slider.addEventListener("input", () => {
    play(false);
    moveTo(Number(slider.value));
  });
  part("timeline").addEventListener("click", (event) => {
    moveTo(Math.round(event.offsetX / event.target.clientWidth * (state.recording.windows.length - 1)));
  });
  part("file").addEventListener("change", () => chooseFile(Number(part("file").value)));
  part("run").addEventListener("change", () => choosePlayer(Number(part("run").value)));
  for (const button of root.querySelectorAll("[data-layout]")) {
    button.addEventListener("click", () => {
      state.layout = button.dataset.layout;
      for (const other of root.querySelectorAll("[data-layout]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      draw();
    });
  }
  themeListeners.push(() => {
    colours.clear();
    draw();
  });

  const runs = part("run");
  runs.replaceChildren(...pageData.players.map((entry, i) => make("option", { value: i }, entry.run)));
  runs.parentElement.hidden = pageData.players.length < 2;
  body.hidden = false;
  choosePlayer(0);
  new ResizeObserver(draw).observe(part("poses"));
};

const playerRoot = document.getElementById("player");
if (playerRoot) {
  if (pageData.players.some((entry) => entry.player.files.some((file) => file.chunks.length > 0))) {
    setUpPlayer(playerRoot);
  } else {
    playerRoot.append(make("p", { class: "warning" }, "The poses were left out: with them this page would pass its size limit. Make a page of fewer runs."));
  }
}
