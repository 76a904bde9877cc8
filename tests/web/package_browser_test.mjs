// The package in Chromium: served under a strict Content-Security-Policy,
// compiled while it arrives and, where the server names another type, afterwards.
//
//   node package_browser_test.mjs PLAYWRIGHT CHROMIUM PACKAGE MODEL.ei8
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { check, finish } from "../browser/checks.mjs";

const [playwright, executablePath, packageFolder, modelFile] = process.argv.slice(2);
const { chromium } = await import(path.join(playwright, "index.mjs"));
const { load } = await import(pathToFileURL(path.join(packageFolder, "edge-int8.mjs")));

const kPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const kTypes = { ".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
let wasmType = kTypes[".wasm"];
const asked = [];
const server = http.createServer((request, response) => {
  const name = request.url === "/" ? "index.html" : path.basename(request.url);
  asked.push(name);
  const ending = path.extname(name);
  const bytes = name === "index.html" ? Buffer.from("<!doctype html><title>test</title>")
    : name === "model.ei8" ? fs.readFileSync(modelFile)
      : fs.existsSync(path.join(packageFolder, name)) ? fs.readFileSync(path.join(packageFolder, name)) : null;
  response.writeHead(bytes === null ? 404 : 200, {
    "content-type": ending === ".wasm" ? wasmType : kTypes[ending] ?? "application/octet-stream",
    "content-security-policy": kPolicy,
  });
  response.end(bytes ?? "");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${server.address().port}/`;

const window = Float32Array.from({ length: 10800 }, (_, i) => (i * 7919 % 1000) / 1000);
const native = await load(fs.readFileSync(modelFile));
const expected = Array.from(native.run(window));

const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const runIn = async (page) => page.evaluate(async (values) => {
  const { load } = await import("/edge-int8.mjs");
  const bytes = await (await fetch("/model.ei8")).arrayBuffer();
  const m = await load(bytes);
  const start = performance.now();
  let y;
  for (let i = 0; i < 50; ++i) y = m.run(Float32Array.from(values));
  const milliseconds = (performance.now() - start) / 50;
  const refusals = [];
  for (const broken of [bytes.slice(0, 500), new ArrayBuffer(9)]) {
    await load(broken).catch((error) => refusals.push(`${error.name}: ${error.message}`));
  }
  return { pose: Array.from(y), isa: m.isa, golden: m.verify(), milliseconds, refusals };
}, Array.from(window));

for (const type of ["application/wasm", "application/octet-stream"]) {
  wasmType = type;
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") check(false, `${type}: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${type}: ${error.message}`));
  await page.goto(address);
  const { pose, isa, golden, refusals, milliseconds } = await runIn(page);
  check(pose.length === 30 && pose.every((value, i) => value === expected[i]), `${type}: the pose on ${isa} is Node's on ${native.isa}`);
  check(golden > 0, `${type}: golden vectors hold`);
  check(refusals.length === 2 && refusals.every((text) => text.startsWith("EdgeInt8Error: the model")), `${type}: ${refusals}`);
  console.log(`${type}: ${isa}, ${milliseconds.toFixed(3)} ms a window`);
  await page.close();
}
const fetched = new Set(asked.filter((name) => name.endsWith(".wasm")));
check(fetched.size === 1, `only the module that is used is fetched, not ${[...fetched]}`);

// Each module, whichever this machine is faster with.
wasmType = "application/wasm";
for (const name of ["simd128", "relaxed_simd"]) {
  const page = await browser.newPage();
  await page.goto(address);
  const { pose, isa } = await page.evaluate(async ({ values, name }) => {
    const { load } = await import("/edge-int8.mjs");
    const bytes = await (await fetch("/model.ei8")).arrayBuffer();
    const m = await load(bytes, { wasm: await fetch(`/edge_int8_${name}.wasm`) });
    return { pose: Array.from(m.run(Float32Array.from(values))), isa: m.isa };
  }, { values: Array.from(window), name });
  check(isa === name && pose.every((value, i) => value === expected[i]), `${isa} gives Node's pose`);
  await page.close();
}

await browser.close();
server.close();
finish();
