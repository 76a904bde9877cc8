// The engine in WebAssembly beside onnxruntime-web (its WASM build, one thread), in
// this Node and in this Chromium, in turns: each round runs every contender for
// SECONDS, so what else the machine does falls on all.
//
//   node web_speed.mjs FOLDER [--rounds 7] [--seconds 0.4] [--out web_speed.json]
//       --package DIR --ort DIR --playwright DIR [--chromium FILE] NETWORK...
//
// FOLDER has NETWORK.ei8, NETWORK.onnx and NETWORK.qdq.onnx for each NETWORK, and
// NETWORK.npy, float32 windows. A contender that can't run a network is a row that
// says why. Answers are compared with the float model's before anything is timed.
//
// A time is the processor time of the process that computes, divided by its calls:
// what shares the machine then lengthens nobody's.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" }, seconds: { type: "string", default: "0.4" }, out: { type: "string" },
    package: { type: "string" }, ort: { type: "string" }, playwright: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});
const [folder, ...networks] = positionals;

// Runs where it is told to: in Node or, as text, in a page.
const makeContenders = async ({ load, wasm, ort, files, windows, shape }) => {
  const first = (n) => windows[n % windows.length];
  const contenders = [];
  for (const module of wasm) {
    const m = await load(files.ei8, { wasm: module });
    m.verify();
    const y = new Float32Array(m.outputSize);
    contenders.push({ name: `edge-int8 ${m.isa}`, run: async (n) => m.run(first(n), y), answer: () => Array.from(y) });
  }
  for (const [name, bytes] of [["onnxruntime-web fp32", files.onnx], ["onnxruntime-web int8 QDQ", files.qdq]]) {
    try {
      const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
      const [input, output] = [session.inputNames[0], session.outputNames[0]];
      let last;
      const contender = {
        name,
        run: async (n) => { last = (await session.run({ [input]: new ort.Tensor("float32", first(n), shape) }))[output]; },
        answer: () => Array.from(last.data),
      };
      await contender.run(0);
      contenders.push(contender);
    } catch (error) {
      contenders.push({ name, reason: String(error.message).slice(0, 160) });
    }
  }
  return contenders;
};
// Calls of one contender within `seconds`.
const runFor = async ({ run }, seconds) => {
  let calls = 0;
  for (const start = performance.now(); performance.now() - start < 1000 * seconds; ++calls) await run(calls);
  return calls;
};

// side: {list: names and reasons, first(i): an answer, runFor(i, seconds): calls,
// cpu(): ms so far}.
const measure = async (side) => {
  const rows = side.list.map((one) => ({ ...one, rounds: [] }));
  for (let i = 0; i < rows.length; ++i) {
    if (rows[i].reason) continue;
    rows[i].answer = await side.first(i);
    await side.runFor(i, 1.5);  // compilers end
  }
  for (let round = 0; round < rounds; ++round) {
    for (let i = 0; i < rows.length; ++i) {
      if (rows[i].reason) continue;
      const before = await side.cpu();
      const calls = await side.runFor(i, seconds);
      rows[i].rounds.push((await side.cpu() - before) / calls);
    }
  }
  return rows;
};

const readWindows = (file) => {
  const bytes = fs.readFileSync(file);
  const first = 10 + bytes.readUInt16LE(8);
  const text = bytes.toString("latin1", 10, first);
  if (!text.includes("'<f4'")) throw new Error(`${file}: expected float32 windows`);
  const shape = text.match(/\(([\d, ]+)\)/)[1].split(",").filter((part) => part.trim()).map(Number);
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const count = Math.min(shape[0], 16);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + first, bytes.byteOffset + first + 4 * count * size));
  return { shape: [1, ...shape.slice(1)], windows: Array.from({ length: count }, (_, n) => values.slice(n * size, (n + 1) * size)) };
};
const file = (name) => path.join(folder, name);
const filesOf = (network) => ({
  ei8: new Uint8Array(fs.readFileSync(file(`${network}.ei8`))), onnx: new Uint8Array(fs.readFileSync(file(`${network}.onnx`))),
  qdq: fs.existsSync(file(`${network}.qdq.onnx`)) ? new Uint8Array(fs.readFileSync(file(`${network}.qdq.onnx`))) : new Uint8Array(1),
});
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
const modules = ["edge_int8_simd128.wasm", "edge_int8_relaxed_simd.wasm"];

const inNode = async (network) => {
  const { load } = await import(path.resolve(options.package, "edge-int8.mjs"));
  const { default: ort } = await import(path.resolve(options.ort, "dist/ort.node.min.js"));
  ort.env.wasm.numThreads = 1;
  const { moduleName } = await import(path.resolve(options.package, "model.mjs"));
  const usable = modules.slice(0, modules.indexOf(moduleName()) + 1);  // the fastest comes last
  const wasm = usable.map((name) => fs.readFileSync(path.join(options.package, name)));
  const contenders = await makeContenders({ load, wasm, ort, files: filesOf(network), ...readWindows(file(`${network}.npy`)) });
  return measure({
    list: contenders.map(({ name, reason }) => ({ name, reason })),
    first: async (i) => {
      await contenders[i].run(0);
      return contenders[i].answer();
    },
    runFor: (i, time) => runFor(contenders[i], time),
    cpu: async () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  });
};

// Milliseconds that the pages' processes below this one have run.
const pagesCpu = async () => {
  let sum = 0;
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("--type=renderer")) continue;
      let above = Number(pid);
      while (above > 1 && above !== process.pid) {
        above = Number(fs.readFileSync(`/proc/${above}/stat`, "latin1").split(") ").pop().split(" ")[1]);
      }
      if (above !== process.pid) continue;
      for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
        sum += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]) / 1e6;
      }
    } catch {
      // It ended while it was looked at.
    }
  }
  return sum;
};

const serve = async () => {
  const types = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = http.createServer((request, response) => {
    const [, where, name] = request.url.split("?")[0].split("/");
    const base = { package: options.package, ort: path.join(options.ort, "dist") }[where];
    const found = base && fs.existsSync(path.join(base, path.basename(name ?? "")));
    response.writeHead(request.url === "/" || found ? 200 : 404, { "content-type": types[path.extname(name ?? "")] ?? "text/html" });
    response.end(found ? fs.readFileSync(path.join(base, path.basename(name))) : "<!doctype html>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

const inChromium = async (page, network) => {
  const { windows, shape } = readWindows(file(`${network}.npy`));
  const plain = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const files = filesOf(network);
  const list = await page.evaluate(`(async () => {
    const makeContenders = ${makeContenders};
    const { load } = await import("/package/edge-int8.mjs");
    const ort = await import("/ort/ort.wasm.min.mjs");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = "/ort/";
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const files = { ei8: bytes("${plain(files.ei8)}"), onnx: bytes("${plain(files.onnx)}"), qdq: bytes("${plain(files.qdq)}") };
    const windows = ${JSON.stringify(windows.map(plain))}.map((text) => new Float32Array(bytes(text).buffer));
    const wasm = [];
    for (const name of ${JSON.stringify(modules)}) wasm.push(await (await fetch("/package/" + name)).arrayBuffer());
    globalThis.contenders = await makeContenders({ load, wasm, ort, files, windows, shape: ${JSON.stringify(shape)} });
    return contenders.map(({ name, reason }) => ({ name, reason }));
  })()`);
  return measure({
    list,
    first: (i) => page.evaluate(`contenders[${i}].run(0).then(() => contenders[${i}].answer())`),
    runFor: (i, time) => page.evaluate(`(${runFor})(contenders[${i}], ${time})`),
    cpu: pagesCpu,
  });
};

const medianOf = (values) => Float64Array.from(values).sort()[values.length >> 1];
const meanSquare = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
const report = (where, network, rows) => {
  const ours = rows.filter(({ name, reason }) => name.startsWith("edge-int8") && !reason);
  const best = ours.reduce((a, b) => (medianOf(b.rounds) < medianOf(a.rounds) ? b : a));
  const float = rows.find(({ name }) => name.endsWith("fp32")).answer;
  for (const row of rows) {
    if (row.reason) {
      console.log(`| ${where} | ${network} | ${row.name} | - | - | ${row.reason.replaceAll(/[|\n]/g, " ")} |`);
      continue;
    }
    row.ms = medianOf(row.rounds);
    row.times_engine = medianOf(row.rounds.map((ms, round) => ms / best.rounds[round]));
    const apart = float ? meanSquare(row.answer, float).toPrecision(2) : "-";
    console.log(`| ${where} | ${network} | ${row.name} | ${row.ms.toFixed(3)} | ${row.times_engine.toFixed(2)} | ${apart} |`);
    delete row.answer;
  }
  return { where, network, rows };
};

console.log("| where | network | runtime | ms | x engine | RMS from fp32 |\n|---|---|---|---|---|---|");
const results = [];
for (const network of networks) results.push(report(`Node ${process.versions.node}`, network, await inNode(network)));
if (options.playwright) {
  const { chromium } = await import(path.resolve(options.playwright, "index.mjs"));
  const server = await serve();
  const browser = await chromium.launch({ executablePath: options.chromium, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  for (const network of networks) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    results.push(report(`Chromium ${browser.version()}`, network, await inChromium(page, network)));
    await page.close();
  }
  await browser.close();
  server.close();
}
for (const where of new Set(results.map((one) => one.where))) {
  for (const name of ["onnxruntime-web fp32", "onnxruntime-web int8 QDQ"]) {
    const ratios = results.filter((one) => one.where === where).flatMap(({ rows }) => rows.filter((row) => row.name === name && !row.reason).map((row) => row.times_engine));
    if (ratios.length > 0) console.log(`${where}, ${name}: ${Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length).toFixed(2)} x engine, the geometric mean of ${ratios.length}`);
  }
}
if (options.out) fs.writeFileSync(options.out, JSON.stringify({ date_utc: new Date().toISOString(), rounds, seconds, results }, null, 1));
