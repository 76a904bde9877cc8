// The npm package in Node: packed, installed into a clean project without a
// network, bit-equal to the native engine, and unmoved by broken files.
//
//   node package_test.mjs PACKAGE FOLDER PROGRAM SOURCE
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import { check, finish, writeNpy } from "../browser/checks.mjs";

const [packageFolder, folder, program, source] = process.argv.slice(2);
const at = (...parts) => path.join(folder, ...parts);
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
const edgeInt8 = (...args) => run(program, args);

fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(at("project"), { recursive: true });

// Packed and installed as anybody would, but offline.
const archive = run("npm", ["pack", packageFolder, "--silent", "--pack-destination", folder]).trim().split("\n").pop();
fs.writeFileSync(at("project", "package.json"), JSON.stringify({ name: "clean", private: true, type: "module" }));
run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--silent", at(archive)], { cwd: at("project") });
const installed = at("project", "node_modules", "edge-int8");
for (const name of ["edge-int8.mjs", "model.mjs", "index.d.ts", "LICENSE", "README.md"]) {
  check(fs.existsSync(path.join(installed, name)), `${name} is packed`);
}
check(fs.readdirSync(at("project", "node_modules")).filter((name) => !name.startsWith(".")).length === 1, "it has no dependencies");
for (const name of ["edge_int8_simd128.wasm", "edge_int8_relaxed_simd.wasm"]) {
  const bytes = zlib.gzipSync(fs.readFileSync(path.join(installed, name)), { level: 9 }).length;
  check(bytes < 250000, `${name} takes ${bytes} bytes compressed`);
  console.log(`${name}: ${bytes} bytes as gzip`);
}
const { load, EdgeInt8Error } = await import(pathToFileURL(path.join(installed, "edge-int8.mjs")));

const readNpy = (file) => {
  const bytes = fs.readFileSync(file);
  const first = 10 + bytes.readUInt16LE(8);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + first, bytes.byteOffset + bytes.length));
};

let seed = 7;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const kWindows = 12;
const checkEqual = async (name, file) => {
  const m = await load(fs.readFileSync(file));
  check(m.verify() > 0, `${name}: has golden vectors`);
  const windows = Float32Array.from({ length: kWindows * m.inputSize }, () => random() * 1.1 - 0.05);
  writeNpy(at(`${name}_x.npy`), [kWindows, ...m.inputShape], windows);
  edgeInt8("predict", "--model", file, "--input", at(`${name}_x.npy`), "--output", at(`${name}_y.npy`), "--force");
  const expected = readNpy(at(`${name}_y.npy`));
  const result = new Float32Array(m.outputSize);
  for (let n = 0; n < kWindows; ++n) {
    m.run(windows.subarray(n * m.inputSize, (n + 1) * m.inputSize), result);
    const wrong = result.findIndex((value, i) => !Object.is(value, expected[n * m.outputSize + i]));
    check(wrong < 0, `${name}: window ${n} value ${wrong}: ${result[wrong]}, natively ${expected[n * m.outputSize + wrong]}`);
  }
  check(m.run(windows.subarray(0, m.inputSize)).every((value, i) => Object.is(value, expected[i])), `${name}: run() makes its own array`);
  m.free();
  return file;
};

// Every variant there is a checkpoint of, with 8-bit and with mixed plans; then,
// where the fixtures lie beside the repository, networks of the field.
edgeInt8("dataset", "synth", "--out", at("data"), "--files", "4", "--windows", "16", "--seed", "7");
const quantize = (checkpoint, calibration, out, ...more) =>
  edgeInt8("quantize", "--checkpoint", checkpoint, "--calibration", calibration, "--recipe", "mse", "--out", out, "--force", ...more);
const models = [];
for (const variant of ["tiny", "quarter", "half"]) {
  const file = at(`${variant}.ei8`);
  quantize(path.join(source, "assets", `${variant}.pth`), at("data", "csi_windows.npy"), file);
  models.push(await checkEqual(variant, file));
}
const fixtures = path.join(source, "..", "shared", "fixtures");
if (fs.existsSync(fixtures)) {
  quantize(path.join(fixtures, "models", "full_random.pth"), at("data", "csi_windows.npy"), at("full.ei8"));
  await checkEqual("full", at("full.ei8"));
  for (const file of fs.readdirSync(path.join(fixtures, "onnx")).filter((name) => name.endsWith("_calib.npy"))) {
    const name = file.slice(0, -"_calib.npy".length);
    quantize(path.join(fixtures, "onnx", `${name}.onnx`), path.join(fixtures, "onnx", file), at(`${name}.ei8`));
    models.push(await checkEqual(name, at(`${name}.ei8`)));
  }
} else {
  console.log("without the networks of ../shared/fixtures");
}
console.log(`${models.length} networks are bit-equal to the native engine`);

// Integers: the window's bytes give the same pose.
{
  const m = await load(fs.readFileSync(models[0]));
  const x = Float32Array.from({ length: m.inputSize }, random);
  const bytes = Uint8Array.from(x, (value) => Math.min(Math.max(Math.round(Math.fround(value * m.inputFactor)) + m.inputZero, 0), 255));
  const exact = Float32Array.from(bytes, (byte) => (byte - m.inputZero) / m.inputFactor);
  const pose = m.run(exact);
  const scaled = Float32Array.from(m.runInt(bytes), (value) => (value - m.outputZero) * m.outputScale);
  check(pose.every((value, i) => value === scaled[i]), "runInt() and run() agree");
  const nan = m.run(new Float32Array(m.inputSize).fill(NaN));
  check(nan.every((value, i) => value === m.run(new Float32Array(m.inputSize))[i]), "NaN counts as 0");
  const other = await load(fs.readFileSync(models[1]));
  other.free();
  check(m.run(exact).every((value, i) => value === pose[i]), "another model leaves this one alone");
  m.free();
}

// The page's own lines (docs/live.md), in the clean project.
{
  const [, lines] = fs.readFileSync(path.join(source, "docs", "live.md"), "utf8").match(/```js\n([\s\S]*?)```/);
  fs.writeFileSync(at("project", "page.mjs"), `import fs from "node:fs";
const bytes = fs.readFileSync(${JSON.stringify(models[0])});
const x = new Float32Array(10800);
${lines}
console.log(y.length);
`);
  check(run(process.execPath, ["page.mjs"], { cwd: at("project") }).trim() === "30", "the lines of docs/live.md run");
}

const refused = async (what, call, message) => {
  try {
    await call();
    check(false, `${what} is refused`);
  } catch (error) {
    check(error instanceof EdgeInt8Error && message.test(error.message), `${what}: ${error.name}: ${error.message}`);
  }
};
const tiny = fs.readFileSync(models[0]);
{
  const m = await load(tiny);
  await refused("a short window", () => m.run(new Float32Array(3)), /has 3 values; the model takes 10800, \[540,20\]/);
  await refused("no window", () => m.run(), /the model takes 10800/);
  await refused("floats as bytes", () => m.runInt(new Float32Array(m.inputSize)), /Uint8Array/);
  await refused("a wrong out", () => m.run(new Float32Array(m.inputSize), new Float64Array(30)), /Float32Array of 30/);
  m.free();
  m.free();
  await refused("a freed model", () => m.run(new Float32Array(m.inputSize)), /was freed/);
  await refused("a freed model's verify", () => m.verify(), /was freed/);
  await refused("a string", () => load("tiny.ei8"), /bytes of an \.ei8 file/);
  await refused("nothing", () => load(new Uint8Array(0)), /^the model: /);
  await refused("text", () => load(new TextEncoder().encode("hello".repeat(99))), /^the model: /);
}

// Broken files: a sentence or a model that runs, never a trap.
let kept = 0;
const tryBroken = async (what, bytes) => {
  try {
    const m = await load(bytes);
    ++kept;
    m.run(new Float32Array(m.inputSize).fill(0.5));
    m.free();
  } catch (error) {
    check(error instanceof EdgeInt8Error && !/unreachable|out of bounds|stack|can't be loaded/.test(error.message), `${what}: ${error.name}: ${error.message}`);
  }
};
// With the hash that belongs to it (docs/container.md), so that what is inside is
// looked at.
const rehashed = (file) => {
  createHash("sha256").update(file.subarray(72)).digest().copy(file, 36);
  return file;
};
const flip = (whole, flips) => {
  const flipped = Buffer.from(whole);
  for (; flips > 0; --flips) flipped[Math.floor(random() * flipped.length)] ^= 1 << Math.floor(8 * random());
  return flipped;
};
let tried = 0;
for (const file of models) {
  const whole = fs.readFileSync(file);
  const name = path.basename(file);
  for (let n = 0; n < 20; ++n, ++tried) await tryBroken(`cut ${name}`, whole.subarray(0, Math.floor(random() * whole.length)));
  for (let n = 0; n < 10; ++n, ++tried) await tryBroken(`flipped ${name}`, flip(whole, 1 + n % 3));
  for (let n = 0; n < 60; ++n, ++tried) await tryBroken(`flipped and hashed ${name}`, rehashed(flip(whole, 1 + n % 4)));
}
console.log(`${tried} broken files, ${kept} of them still models`);
await checkEqual("afterwards", models[0]);

finish();
