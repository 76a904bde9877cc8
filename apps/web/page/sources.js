// Where packets come from. A recording is a whole track; a live source fills one
// until it is closed or dies.

const kMostCsvBytes = 256 << 20;
const kLiveSeconds = 60;  // kept
const kPacketsForRate = 40;
const kDefaultRate = 200;
const kSerialBaud = 921600;
const kMostMessage = 1 << 20;

const trackOf = (values, channels, steps, rate) => {
  const track = new StepTrack(channels, rate, steps);
  track.values.set(values);
  track.filled.fill(1);
  track.count = steps;
  return track;
};

// The built-in ten seconds: differences of 63rds in time, channel by channel.
const demoRecording = async () => {
  const bytes = new Int8Array((await unzipData("demo-csi")).buffer);
  const [channels, rate] = [540, kDefaultRate];
  const steps = bytes.length / channels;
  const values = new Float32Array(bytes.length);
  for (let c = 0; c < channels; ++c) {
    for (let t = 0, level = 0; t < steps; ++t) {
      level += bytes[c * steps + t];
      values[t * channels + c] = level / 63;
    }
  }
  return { title: "built-in recording (synthetic)", kind: "recording", track: trackOf(values, channels, steps, rate), scale: 1, notes: [] };
};

// Windows [n, channels, frames] that follow each other, or packets [n, channels].
const npyRecording = async (file, model, { scale, rate, title }) => {
  const { values, shape, cut } = await readNpy(file);
  const notes = cut > 0 ? [`The first ${shape[0]} of ${shape[0] + cut} windows are shown.`] : [];
  const perRow = values.length / shape[0];
  if (shape.length === 2 && perRow === model.channels) {
    return { title, kind: "recording", track: trackOf(values, perRow, shape[0], rate), scale, notes };
  }
  if (perRow !== model.inputSize) {
    throw new Error(`${title} holds windows of [${shape.slice(1)}]; the model takes [${model.inputShape}]`);
  }
  const { channels, frames } = model;
  const turned = new Float32Array(values.length);
  for (let n = 0; n < shape[0]; ++n) {
    for (let c = 0; c < channels; ++c) {
      for (let t = 0; t < frames; ++t) {
        turned[(n * frames + t) * channels + c] = values[n * perRow + c * frames + t];
      }
    }
  }
  return { title, kind: "recording", track: trackOf(turned, channels, shape[0] * frames, rate), scale, notes };
};

// A folder in the pairs layout, or one of csi_windows.npy (docs/dataset.md).
const folderRecording = async (files, model, options) => {
  const nameOf = (file) => file.path ?? file.webkitRelativePath ?? file.name;
  const byName = (name) => files.find((file) => nameOf(file).split("/").pop() === name);
  const description = byName("dataset.json");
  let wanted = "csi_windows.npy";
  let { scale } = options;
  if (description) {
    if (description.size > kMostMessage) throw new Error("dataset.json is larger than 1 MiB");
    let json;
    try {
      json = JSON.parse(await description.text());
    } catch {
      throw new Error("dataset.json is not JSON");
    }
    wanted = String(json?.x ?? "x.npy").split("/").pop();
    const said = Number(json?.x_scale ?? 1);
    if (!Number.isFinite(said) || said === 0) throw new Error("dataset.json: x_scale is not a number");
    scale *= said;
  }
  const array = byName(wanted);
  if (!array) throw new Error(`the folder has no ${wanted}`);
  return npyRecording(array, model, { ...options, scale, title: nameOf(array) });
};

// A clock with `packets` on its track, which is as wide as most of them, and what
// their values are to be multiplied by.
const startClock = (packets, rate, capacity) => {
  const width = percentile(packets.map(({ values }) => values.length), 0.5);
  const clock = new PacketClock(new StepTrack(width, rate, capacity));
  for (const packet of packets) clock.push(packet);
  return { clock, scale: p99Scale(packets.map(({ values }) => values).filter(({ length }) => length === width)) };
};

// Lines of text; packets without a clock are taken to come at `rate`.
const textRecording = async (file, { rate, title }) => {
  if (file.size > kMostCsvBytes) throw new Error(`${title} is larger than ${kMostCsvBytes >> 20} MiB`);
  const lines = new CsiLines();
  const splitter = new LineSplitter();
  const packets = [];
  const take = (text) => {
    for (const line of splitter.lines(text)) {
      const packet = lines.read(line);
      if (packet !== null) packets.push(packet);
    }
  };
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) take(part.value);
  take("\n");
  if (packets.length < 2) {
    throw new Error(`${title}: no CSI packets in it; expected CSI_DATA lines of esp-csi, or a table with a column data or amplitude`);
  }
  const timed = packets.every(({ time }) => time !== null);
  const times = timed ? packets.map(({ time }) => time) : [];
  const clockRate = timed ? rateOf(times) : rate;
  const steps = timed && Number.isFinite(clockRate) ? (times[times.length - 1] - times[0]) * clockRate : packets.length;
  const capacity = Math.min(Math.max(packets.length * 4, 64), Math.max(packets.length, Math.ceil(steps) + 8));
  const { clock, scale } = startClock(timed ? packets : packets.map((packet, i) => ({ ...packet, time: i / rate })), clockRate || rate, capacity);
  const notes = Object.entries({ ...lines.counts, ...clock.counts, packets: 0 })
    .filter(([, count]) => count > 0).map(([why, count]) => `${count} ${kNotes[why] ?? why}`);
  return { title, kind: "recording", track: clock.track, scale, notes };
};
const kNotes = {
  other: "lines without a packet", broken: "broken lines", long: "lines too long", late: "packets late or doubled",
  width: "packets of another width", gaps: "gaps",
};

// Packets as they come: the first ones say how wide and how fast. Who makes one
// gives it a close().
class LiveSource {
  kind = "live";
  closed = false;
  served = false;  // poses come with it
  track = null;
  scale = 1;
  notes = [];
  #first = [];
  #clock = null;
  #lines = new CsiLines();
  #splitter = new LineSplitter();

  constructor(title, onPose) {
    this.title = title;
    this.onPose = onPose;
  }

  get counts() { return { ...this.#lines.counts, ...this.#clock?.counts }; }

  text(text) {
    for (const line of this.#splitter.lines(text)) this.line(line);
  }

  // A packet's line, or a JSON object: a pose that somebody else computed, or
  // values of a packet under `csi`.
  line(line) {
    if (!line.trimStart().startsWith("{")) {
      const packet = this.#lines.read(line);
      if (packet !== null) this.packet(packet);
      return;
    }
    let json;
    try {
      json = JSON.parse(line);
    } catch {
      ++this.#lines.counts.broken;
      return;
    }
    const flat = (value) => (Array.isArray(value) ? value.flat(2).map(Number) : null);
    const csi = flat(json.csi ?? json.amplitude);
    const time = Number(json.t ?? json.time ?? json.seconds ?? NaN);
    if (csi !== null && csi.length > 0 && csi.length <= kMostValues && csi.every(Number.isFinite)) {
      this.packet({ time: Number.isFinite(time) ? time : null, values: Float32Array.from(csi) });
    }
    if (json.pose === null) this.#serve({ pose: null });
    const pose = flat(json.pose);
    if (pose !== null && pose.length > 0 && pose.length <= kMostValues) {
      const [joints, dims] = [json.pose.length, json.pose[0]?.length];
      const shape = joints * dims === pose.length ? [joints, dims] : [pose.length];
      this.#serve({ pose: Float32Array.from(pose), shape, seconds: time, latency: Number(json.latency_ms ?? NaN) });
    }
  }

  // From here on the page leaves this source's windows to whoever sends its poses.
  #serve(served) {
    this.served = true;
    this.onPose(served);
  }

  packet(packet) {
    const timed = packet.time === null ? { ...packet, time: performance.now() / 1000 } : packet;
    if (this.#clock !== null) return this.#clock.push(timed);
    this.#first.push(timed);
    if (this.#first.length < kPacketsForRate) return;
    const rate = rateOf(this.#first.map(({ time }) => time)) || kDefaultRate;
    const { clock, scale } = startClock(this.#first, rate, Math.ceil(kLiveSeconds * rate));
    Object.assign(this, { track: clock.track, scale });
    this.#clock = clock;
    this.#first = [];
  }

  leaveLong() { ++this.#lines.counts.long; }
}

const webSocketSource = (address, onPose, onEnd) => {
  const url = new URL(address);
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new Error("the address has to begin with ws:// or wss://");
  const source = new LiveSource(url.host, onPose);
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string" || data.length > kMostMessage) return source.leaveLong();
    source.text(data.endsWith("\n") ? data : `${data}\n`);
  };
  let opened = false;
  socket.onopen = () => { opened = true; };
  socket.onclose = () => {
    if (!source.closed) onEnd(opened ? `${url.host} closed the connection` : `${url.host} can't be reached`);
  };
  source.close = () => {
    source.closed = true;
    socket.close();
  };
  return source;
};

const serialSource = async (onPose, onEnd) => {
  if (!navigator.serial) throw new Error("this browser has no Web Serial; Chromium, Chrome and Edge have it");
  const port = await navigator.serial.requestPort();
  await port.open({ baudRate: kSerialBaud, bufferSize: 65536 });
  const source = new LiveSource("serial port", onPose);
  const reader = port.readable.getReader();
  const decoder = new TextDecoder();
  (async () => {
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        source.text(decoder.decode(part.value, { stream: true }));
      }
      if (!source.closed) onEnd("the serial port ended");
    } catch (error) {
      if (!source.closed) onEnd(`the serial port ended: ${error.message}`);
    }
  })();
  source.close = async () => {
    source.closed = true;
    await reader.cancel().catch(() => {});
    await port.close().catch(() => {});
  };
  return source;
};
