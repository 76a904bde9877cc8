// The page: what is loaded, and the loop that turns steps into windows and windows
// into poses. The video and the controls follow in files of their own.

const element = (id) => document.getElementById(id);
const engine = new EngineClient();
const recorder = new Recorder();
const box = new PoseBox();
const waterfall = new Waterfall(element("csi"), 600);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const kOverlap = 4;  // windows that share a packet
const kMostInFlight = 3;
const kTrail = 48;  // poses, of which every sixth is drawn
const kFullSpread = 0.1;  // of a pose's size: confidence 0

const state = {
  model: null, axes: [], shape: null, source: null, playing: false, position: 0, next: 0, speed: 1, inFlight: 0,
  pose: null, poses: [], latencies: [], arrivals: [], confidences: [], dropped: 0, missing: 0, last: 0, fresh: true, generation: 0,
};

const say = (text, isError = false) => {
  element("status").textContent = text;
  element("status").classList.toggle("error", isError);
};
const guarded = (what) => async (...args) => {
  try {
    await what(...args);
  } catch (error) {
    say(error.name === "NotFoundError" ? "No port was chosen." : error.message, true);
  }
};

// The colours of the theme, read again when it changes.
let colours = {};
const readColours = () => {
  const probe = element("probe");
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  colours = Object.fromEntries(["ink", "muted", "grid", "strong", "accent", "left", "right", "middle"].map((name) => [name, colour(name)]));
  state.fresh = true;
};

const forget = () => {
  Object.assign(state, { pose: null, poses: [], latencies: [], arrivals: [], confidences: [], dropped: 0, missing: 0, fresh: true });
  ++state.generation;
  document.body.dataset.poses = "0";
  box.clear();
  waterfall.clear();
};

// Of the poses: all of their axes, and what kind of pose that is.
const setAxes = (axes) => Object.assign(state, { axes, shape: poseShape(axes) });

const fits = () => state.model !== null && state.source?.track?.channels === state.model.channels;

const describeFit = () => {
  const { model, source } = state;
  if (model === null || source === null) return;
  if (source.served) {
    say(`Poses of ${source.title}.`);
  } else if (!source.track) {
    say(`${source.title}: waiting for packets.`);
  } else if (!fits()) {
    say(`A packet of ${source.title} has ${source.track.channels} values; ${model.name || "the model"} takes ${model.channels}.`, true);
  } else {
    say([`${source.title}.`, ...source.notes].join(" "));
  }
};

// A live source goes on with what comes next.
const rewind = () => {
  const { model, source } = state;
  const first = source?.kind === "live" && source.track ? source.track.count : 0;
  state.position = state.next = Math.max(first, model?.frames ?? 0);
  state.poses = [];
  ++state.generation;
};

const loadModel = async (bytes, name) => {
  const model = await engine.load(bytes);
  const frames = model.inputShape.length > 1 ? model.inputShape[model.inputShape.length - 1] : 1;
  state.model = { ...model, frames, hop: Math.max(1, Math.round(frames / kOverlap)), channels: model.inputSize / frames, file: name };
  setAxes(model.outputShape);
  forget();
  element("model").textContent = `${name}: [${model.inputShape}] to [${model.outputShape}], ${model.isa}`;
  rewind();
  describeFit();
};

const showScale = ({ scale }) => { element("scale").value = Number(scale.toPrecision(6)); };

const setSource = (source) => {
  if (state.source?.close) state.source.close();
  state.source = source;
  forget();
  rewind();
  element("disconnect").hidden = source.kind !== "live";
  element("demo").hidden = false;
  element("transport").hidden = source.kind === "live";
  showScale(source);
  const steps = source.track?.count ?? 0;
  Object.assign(element("seek"), { max: steps, value: 0 });
  describeFit();
};

const settings = (title) => ({ rate: Math.min(Math.max(Number(element("rate").value) || kDefaultRate, 1), 2000), scale: 1, title });

const needModel = () => {
  if (state.model === null) throw new Error("Load a model (.ei8) first.");
  return state.model;
};

// One kind of file by its name, whatever brought it here.
const openFiles = guarded(async (files) => {
  if (files.length === 0) return;
  const ending = (file) => file.name.toLowerCase().split(".").pop();
  const models = files.filter((file) => ending(file) === "ei8");
  const videos = files.filter((file) => file.type.startsWith("video/"));
  const others = files.filter((file) => !models.includes(file) && !videos.includes(file));
  say("Reading...");
  for (const file of models.slice(0, 1)) await loadModel(new Uint8Array(await file.arrayBuffer()), file.name);
  for (const file of videos.slice(0, 1)) showVideo(file);
  if (others.some((file) => file.name === "dataset.json" || file.name === "csi_windows.npy")) {
    setSource(await folderRecording(others, needModel(), settings("")));
  } else if (others.length > 0) {
    const file = others[0];
    if (ending(file) === "npy") {
      setSource(await npyRecording(file, needModel(), settings(file.name)));
    } else if (["csv", "txt", "jsonl", "log"].includes(ending(file))) {
      setSource(await textRecording(file, settings(file.name)));
    } else {
      throw new Error(`${file.name}: expected a model (.ei8), a recording (.npy, .csv, .txt, a folder) or a video`);
    }
  } else {
    describeFit();
  }
  play(true);
});

// Mean distance of the overlapping windows' answers from their mean, as a share of
// the pose's size.
const spreadOf = (poses, { joints, dims }) => {
  if (poses.length < 2) return NaN;
  const mean = new Float32Array(joints * dims);
  for (const pose of poses) pose.forEach((value, i) => { mean[i] += value / poses.length; });
  let sum = 0;
  for (const pose of poses) {
    for (let j = 0; j < joints; ++j) sum += Math.hypot(pose[j * dims] - mean[j * dims], pose[j * dims + 1] - mean[j * dims + 1]);
  }
  let [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (let j = 0; j < joints; ++j) {
    for (let d = 0; d < 2; ++d) {
      low[d] = Math.min(low[d], mean[j * dims + d]);
      high[d] = Math.max(high[d], mean[j * dims + d]);
    }
  }
  return sum / (poses.length * joints) / Math.max(Math.hypot(high[0] - low[0], high[1] - low[1]), 1e-9);
};

// NaN where there is no pose.
const noteConfidence = (confidence) => {
  state.confidences.push(confidence);
  if (state.confidences.length > kConfidenceValues) state.confidences.shift();
  state.fresh = true;
};

const aboutRecording = () => ({
  model: state.model?.file ?? null, source: state.source?.title ?? "", rate_hz: state.source?.track?.rate ?? null, shape: Array.from(state.axes),
});

// A server's poses may be of other joints than the model's.
const takePose = ({ pose, shape, seconds, latency }, now) => {
  const another = JSON.stringify(poseShape(shape)) !== JSON.stringify(state.shape);
  setAxes(shape);
  if (another) forget();
  state.pose = pose;
  state.poses.push(pose);
  if (state.poses.length > kTrail) state.poses.shift();
  if (Number.isFinite(latency)) state.latencies.push(latency);
  if (state.latencies.length > 600) state.latencies.shift();
  state.arrivals.push(now);
  while (now - state.arrivals[0] > 1000) state.arrivals.shift();
  const spread = state.shape === null ? NaN : spreadOf(state.poses.slice(-kOverlap), state.shape);
  const confidence = Math.min(Math.max(1 - spread / kFullSpread, 0), 1);
  noteConfidence(confidence);
  if (state.shape !== null) box.add(pose, state.shape);
  recorder.add(aboutRecording(), { seconds, confidence, latency, pose });
};

const runWindow = async (end) => {
  const { model, source, generation } = state;
  if (state.inFlight >= kMostInFlight) return void ++state.dropped;
  const started = performance.now();
  const window = source.track.window(end, model.frames, Number(element("scale").value) || 1);
  if (window === null) {
    ++state.missing;
    state.pose = null;
    noteConfidence(NaN);
    return;
  }
  ++state.inFlight;
  try {
    const { pose } = await engine.run(window);
    const now = performance.now();
    if (generation === state.generation) {
      takePose({ pose, shape: model.outputShape, seconds: end / source.track.rate, latency: now - started }, now);
    }
  } catch (error) {
    if (generation === state.generation) {
      play(false);
      state.model = null;
      say(error.message, true);
    }
  } finally {
    --state.inFlight;
  }
};

// Poses that a server computed, or that it has none.
const takeServed = (served) => {
  if (!state.source.described) {
    state.source.described = true;
    describeFit();
  }
  if (served.pose !== null) return takePose(served, performance.now());
  ++state.missing;
  state.pose = null;
  state.poses = [];
  noteConfidence(NaN);
};

const advance = (milliseconds) => {
  const { source, model } = state;
  if (!source?.track || model === null) return;
  const { track } = source;
  if (source.kind === "live" && !source.described) {  // what its first packets said
    source.described = true;
    showScale(source);
    describeFit();
  }
  if (source.kind === "live") {
    state.position = track.count;
  } else if (state.playing) {
    state.position += milliseconds / 1000 * track.rate * state.speed;
    if (state.position > track.count) rewind();
  }
  if (!fits() || source.served) return;
  const { hop } = model;
  const end = Math.floor(state.position);
  // A tab that slept, or a source that floods: what is too old is left out.
  const behind = Math.floor((end - state.next) / hop) - 2 * kMostInFlight;
  if (behind > 0) {
    state.dropped += behind;
    state.next += behind * hop;
  }
  for (; state.next <= end; state.next += hop) runWindow(state.next);
};

const kHalo = { left: "#fffc", right: "#fffc", middle: "#fffc" };  // over any picture

const drawStage = () => {
  const canvas = element("stage");
  const { context, width, height } = fitCanvas(canvas);
  if (state.pose === null) return;
  if (state.shape === null) return drawScores(canvas, state.pose, colours);
  const video = element("video");
  const onVideo = !video.hidden && video.videoWidth > 0;
  const place = onVideo
    ? placingOnVideo(video, Number(element("unit").value) || 1000, width, height)
    : box.placing(width, height);
  if (!calm.matches && element("trail").checked) drawTrail(context, state.poses.filter((_, i) => i % 6 === state.poses.length % 6), state.shape, place, colours);
  const thick = Math.max(3.5, Math.min(width, height) / 85);
  if (onVideo) drawPose(context, state.pose, state.shape, place, kHalo, thick + 3);
  drawPose(context, state.pose, state.shape, place, colours, thick);
};

const kTiles = {
  rate: () => String(state.arrivals.filter((arrival) => performance.now() - arrival <= 1000).length),
  latency: () => (state.latencies.length > 0 ? `${percentile(state.latencies, 0.5).toFixed(2)} ms` : "-"),
  confidence: () => {
    const last = state.confidences[state.confidences.length - 1];
    return Number.isFinite(last) ? `${Math.round(100 * last)}%` : "-";
  },
  left: () => String(state.dropped + state.missing),
};

const timeText = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

const drawRest = () => {
  for (const [name, text] of Object.entries(kTiles)) element(`tile-${name}`).textContent = text();
  drawHistogram(element("histogram"), state.latencies, colours);
  drawConfidence(element("confidence"), state.confidences, colours);
  const track = state.source?.track;
  if (track) {
    element("seek").value = state.position;
    element("time").textContent = `${timeText(state.position / track.rate)} / ${timeText(track.count / track.rate)}`;
  }
  const { kind, counts } = state.source ?? {};
  element("packets").textContent = kind !== "live" ? "" : Object.entries(counts)
    .filter(([, count]) => count > 0).map(([why, count]) => `${count} ${kNotes[why] ?? why}`).join(", ");
  element("recorded").textContent = `${recorder.count} poses`;
  for (const id of ["save-csv", "save-json"]) element(id).disabled = recorder.count === 0;
  document.body.dataset.poses = String(state.latencies.length);
};

let restDrawn = 0;
const tick = (now) => {
  requestAnimationFrame(tick);
  // A tab that slept must not come back with a leap.
  const milliseconds = Math.min(now - state.last, 100);
  state.last = now;
  advance(milliseconds);
  if (state.playing) followVideo();
  const track = state.source?.track;
  if (track) waterfall.draw(track, Math.floor(state.position));
  if (state.fresh) drawStage();
  state.fresh = false;
  if (now - restDrawn < 125) return;
  restDrawn = now;
  drawRest();
};

// For those who hear the page: now and then, not every pose.
setInterval(() => {
  const said = state.pose === null ? "no pose" : `${kTiles.rate()} poses a second, confidence ${kTiles.confidence()}`;
  element("stage").setAttribute("aria-label", `Skeleton: ${said}`);
}, 2000);
