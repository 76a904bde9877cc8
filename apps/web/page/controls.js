// Buttons, keys, what is dropped, the theme; and the start of it all.

const play = (on) => {
  state.playing = on;
  element("play").textContent = on ? "Pause" : "Play";
  element("play").setAttribute("aria-pressed", String(on));
  if (!on) element("video").pause();
};

const seek = (position) => {
  const track = state.source?.track;
  if (!track || !state.model || state.source.kind === "live") return;
  const { frames, hop } = state.model;
  state.position = Math.min(Math.max(position, frames), track.count);
  state.next = Math.max(frames, Math.floor(state.position / hop) * hop);
  state.poses = [];
  ++state.generation;
  waterfall.clear();
  followVideo();
};

const changeSpeed = (by) => {
  const speed = element("speed");
  speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
  state.speed = Number(speed.value);
};

const record = (on) => {
  if (on) recorder.begin(aboutRecording());
  recorder.on = on;
  element("record").setAttribute("aria-pressed", String(on));
  element("record").textContent = on ? "Stop recording" : "Record";
};

const step = (windows) => {
  play(false);
  if (state.model !== null) seek(state.position + windows * state.model.hop);
};
const kKeys = {
  " ": () => play(!state.playing),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => changeSpeed(1),
  ArrowDown: () => changeSpeed(-1),
  Home: () => seek(0),
  End: () => seek(Infinity),
  r: () => record(!recorder.on),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea, summary") || (event.key === " " && event.target.matches("button"))) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(kKeys, key)) return;
  kKeys[key]();
  event.preventDefault();
});

// Every file of what was dropped, folders too, with its path.
const droppedFiles = async (transfer) => {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return Array.from(transfer.files);
  const files = [];
  const walk = async (entry, depth) => {
    if (files.length > 2000 || depth > 6) return;
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      file.path = entry.fullPath;
      files.push(file);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const inner of some) await walk(inner, depth + 1);
    }
  };
  for (const entry of entries) await walk(entry, 0);
  return files;
};

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dragging");
});
document.addEventListener("drop", guarded(async (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  await openFiles(await droppedFiles(event.dataTransfer));
}));

element("play").addEventListener("click", () => play(!state.playing));
element("seek").addEventListener("input", () => seek(Number(element("seek").value)));
element("speed").addEventListener("change", () => changeSpeed(0));
element("record").addEventListener("click", () => record(!recorder.on));
element("trail").addEventListener("change", () => { state.fresh = true; });
element("unit").addEventListener("input", () => { state.fresh = true; });
element("save-csv").addEventListener("click", () => saveFile("poses.csv", recorder.csv(), "text/csv"));
element("save-json").addEventListener("click", () => saveFile("poses.json", recorder.json(), "application/json"));
for (const id of ["files", "folder"]) {
  element(`choose-${id}`).addEventListener("click", () => element(id).click());
  element(id).addEventListener("change", () => {
    openFiles(Array.from(element(id).files));
    element(id).value = "";
  });
}
const ended = (why) => {
  element("disconnect").hidden = true;
  say(`${why}.`, true);
};
const connect = async () => {
  let source;
  try {
    source = webSocketSource(element("address").value.trim(), takeServed, ended);
  } catch (error) {
    throw new Error(`${element("address").value}: ${error.message}`);
  }
  setSource(source);
};
element("connect").addEventListener("submit", guarded(async (event) => {
  event.preventDefault();
  await connect();
}));
element("serial").addEventListener("click", guarded(async () => setSource(await serialSource(takeServed, ended))));
element("disconnect").addEventListener("click", guarded(async () => {
  await state.source.close();
  element("disconnect").hidden = true;
  say("Disconnected.");
}));
element("demo").addEventListener("click", guarded(async () => showDemo()));
const kThemes = ["system", "light", "dark"];
element("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const next = kThemes[(kThemes.indexOf(root.dataset.theme ?? "system") + 1) % kThemes.length];
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  element("theme").textContent = `Theme: ${next}`;
  readColours();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColours);
new ResizeObserver(() => { state.fresh = true; }).observe(element("stage"));

const showDemo = async () => {
  await loadModel(await unzipData("demo-model"), "built-in model");
  setSource(await demoRecording());
  element("demo").hidden = true;
  play(!calm.matches);
  if (calm.matches) seek(0);
};

// `edge-int8 serve` gives the page as /live#connect[&token=...]: what it shows comes
// from there.
const start = async () => {
  await showDemo();
  const asked = new URLSearchParams(location.hash.slice(1));
  if (!asked.has("connect") || !location.protocol.startsWith("http")) return;
  const token = asked.get("token");
  element("address").value = `${location.protocol.replace("http", "ws")}//${location.host}/${token ? `?token=${encodeURIComponent(token)}` : ""}`;
  await connect();
};

readColours();
requestAnimationFrame(tick);
guarded(start)();
