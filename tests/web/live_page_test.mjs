// The live page in Chromium, opened as a file: what a person sees, hears and does,
// and what hostile files and servers do. Screenshots stay in FOLDER.
//
//   node live_page_test.mjs PLAYWRIGHT CHROMIUM PAGE.html MODEL.ei8 FOLDER
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { check, finish, writeNpy } from "../browser/checks.mjs";
import { lowContrast } from "../browser/contrast.mjs";

const [playwright, executablePath, pageFile, modelFile, folder] = process.argv.slice(2);
const { chromium } = await import(path.join(playwright, "index.mjs"));

fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(path.join(folder, "pairs"), { recursive: true });
const at = (...parts) => path.join(folder, ...parts);
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});

const open = async ({ scheme = "light", width = 1280, height = 900, motion = "no-preference", script } = {}) => {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, reducedMotion: motion });
  const page = await context.newPage();
  page.label = `${scheme} ${width} ${motion}`;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !message.text().includes("WebSocket")) check(false, `${page.label}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${page.label}: ${error.message}`));
  page.on("dialog", (dialog) => {
    check(false, `${page.label}: a name ran as a script`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    check(/^(data|blob|ws):/.test(url) || url === `file://${pageFile}`, `${page.label}: requested ${url}`);
  });
  if (script) await page.addInitScript(script);
  await page.goto(`file://${pageFile}`);
  return page;
};
const poses = (page, least = 1) => page.waitForFunction((n) => Number(document.body.dataset.poses) >= n, least, { timeout: 30000 });
const status = (page) => page.textContent("#status");
const saying = async (page, text, what) => {
  try {
    await page.waitForFunction((part) => document.getElementById("status").textContent.includes(part), text, { timeout: 20000 });
  } catch {
    check(false, `${what}: the page says "${await status(page)}", not "${text}"`);
  }
};
const give = (page, ...files) => page.setInputFiles("#files", files);
const stage = (page) => page.$eval("#stage", (canvas) => canvas.toDataURL());
const recorded = (page, least) =>
  page.waitForFunction((n) => Number.parseInt(document.getElementById("recorded").textContent, 10) >= n, least);
const save = async (page, id) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(id)]);
  return fs.readFileSync(await download.path(), "utf8");
};
const position = (page) => page.$eval("#seek", (seek) => Number(seek.value));

// Both themes and a phone: it moves by itself, fits, and can be read.
for (const view of [{}, { scheme: "dark" }, { scheme: "dark", width: 390, height: 844 }, { width: 390, height: 844 }]) {
  const start = Date.now();
  const page = await open(view);
  await poses(page);
  console.log(`${page.label}: first pose after ${Date.now() - start} ms`);
  await poses(page, 30);
  const before = await stage(page);
  await page.waitForTimeout(600);
  check(await stage(page) !== before, `${page.label}: the skeleton moves`);
  const [content, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  check(content <= seen, `${page.label}: ${content} wide in a view of ${seen}`);
  for (const text of await page.evaluate(lowContrast)) check(false, `${page.label}: low contrast: ${text}`);
  const colours = await page.$eval("#csi", (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
  check(colours > 60, `${page.label}: the waterfall has ${colours} colours`);
  await page.screenshot({ path: at(`live-${page.label.replaceAll(" ", "-")}.png`) });
  await page.context().close();
}

// The page's thread leaves most of a core: in processor time, which what else a
// machine does can't lengthen.
{
  const page = await open();
  await poses(page, 20);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  const [before, start] = [await busy(), Date.now()];
  await page.waitForTimeout(2000);
  const share = (await busy() - before) / ((Date.now() - start) / 1000);
  console.log(`the page's thread is busy ${(100 * share).toFixed(0)}% of the time`);
  check(share > 0 && share < 0.9, `the page's thread takes ${share.toFixed(2)} of a core`);
  await page.context().close();
}

// Names for those who hear it, no movement for those who asked for none.
{
  const page = await open({ motion: "reduce" });
  await page.waitForFunction(() => document.getElementById("model").textContent.includes("built-in"));
  await page.waitForTimeout(1200);
  const first = await position(page);
  await page.waitForTimeout(500);
  check(await position(page) === first, "nothing moves by itself under reduced motion");
  const unnamed = await page.$$eval("button, input:not([hidden]), select, canvas", (all) => all
    .filter((one) => !one.hidden && !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length))
    .map((one) => one.id));
  check(unnamed.length === 0, `without a name: ${unnamed}`);
  await page.keyboard.press("Space");
  await poses(page, 3);
  await page.context().close();
}

// Keys, recording, saving.
{
  const page = await open();
  await poses(page, 5);
  await page.keyboard.press("Space");
  await page.waitForTimeout(300);
  const paused = await position(page);
  await page.waitForTimeout(300);
  check(await position(page) === paused, "space pauses");
  await page.waitForFunction(() => document.getElementById("tile-rate").textContent === "0", null, { timeout: 20000 })
    .catch(() => check(false, "paused, no poses a second"));
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => Number(document.getElementById("seek").value) > before, paused);
  await page.keyboard.press("Home");
  await page.waitForFunction(() => Number(document.getElementById("seek").value) <= 20);
  await page.keyboard.press("ArrowUp");
  check(await page.$eval("#speed", (select) => select.value) === "2", "up is faster");
  await page.keyboard.press("r");
  await page.keyboard.press("Space");
  await recorded(page, 20);
  await page.keyboard.press("r");
  const rows = (await save(page, "#save-csv")).trim().split("\n").map((row) => row.split(","));
  check(rows[0].join().startsWith("seconds,confidence,latency_ms,j0_x,j0_y,j1_x") && rows[0].length === 33, `the CSV begins ${rows[0].slice(0, 5)}`);
  check(rows.length > 20 && rows.every((row) => row.length === 33 && row.every((cell, i) => i === 1 || cell !== "")), "the CSV is whole");
  const json = JSON.parse(await save(page, "#save-json"));
  check(json.poses.length === rows.length - 1 && json.shape.join() === "15,2" && json.poses[3].pose.length === 30, "the JSON holds the same poses");
  check(Number(rows[4][3]) === json.poses[3].pose[0], "the CSV and the JSON agree");
  await page.click("#theme");
  await page.click("#theme");
  check(await page.$eval("html", (root) => root.dataset.theme) === "dark", "the theme can be chosen");
  await page.context().close();
}

// A person's own video, in step with the packets; what is no video is said.
{
  const page = await open();
  await poses(page);
  const webm = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: "video/webm" });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    for (let i = 0; i < 60; ++i) {
      context.fillStyle = `rgb(${4 * i} 90 120)`;
      context.fillRect(0, 0, 320, 240);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => {
      recorder.onstop = resolve;
      recorder.stop();
    });
    return Array.from(new Uint8Array(await new Blob(parts).arrayBuffer()));
  });
  fs.writeFileSync(at("walk.webm"), Buffer.from(webm));
  await page.keyboard.press("Home");
  await give(page, at("walk.webm"));
  await page.waitForFunction(() => document.getElementById("video").readyState >= 2, { timeout: 20000 });
  check(await page.isVisible("#video") && await page.isVisible("#video-settings"), "the video is shown");
  await page.fill("#unit", "300");
  // MediaRecorder writes no duration: the page knows it when the end was seen.
  await page.$eval("#video", (video) => { video.currentTime = 1e6; });
  await page.waitForFunction(() => Number.isFinite(document.getElementById("video").duration), { timeout: 20000 });
  await page.keyboard.press("Home");
  await page.waitForFunction(() => {
    const video = document.getElementById("video");
    const seconds = Number(document.getElementById("seek").value) / 200;
    return seconds > 0.5 && seconds < video.duration && Math.abs(video.currentTime - seconds) < 0.25;
  }, { timeout: 20000 });
  await page.screenshot({ path: at("live-video.png") });
  fs.writeFileSync(at("broken.webm"), "no video");
  await give(page, at("broken.webm"));
  await saying(page, "can't play that video", "a broken video");
  await page.context().close();
}

// Files: arrays, folders, captures; hostile ones are a sentence.
const noise = (count) => Float32Array.from({ length: count }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 24);
const csiLine = (n, values, time = 1000000 + 10000 * n) =>
  `CSI_DATA,${n},02:00:00:00:00:01,-43,11,1,5,0,1,1,0,1,0,0,-95,0,11,0,${time},0,83,0,${values.length},0,"[${values.join(",")}]"`;
const packetValues = (n, count) => Array.from({ length: count }, (_, i) => (n * 31 + i * 17) % 61 - 30);
{
  const page = await open();
  await poses(page);
  await give(page, writeNpy(at("windows.npy"), [6, 540, 20], noise(6 * 10800)));
  await saying(page, "windows.npy.", "windows");
  await poses(page, 8);
  await give(page, writeNpy(at("packets.npy"), [90, 540], noise(90 * 540)));
  await saying(page, "packets.npy.", "packets");
  await poses(page, 8);
  await give(page, writeNpy(at("narrow.npy"), [6, 64, 20], noise(6 * 1280)));
  await saying(page, "holds windows of [64,20]; the model takes [540,20]", "another width");
  fs.writeFileSync(at("pairs", "dataset.json"), JSON.stringify({ layout: "pairs/1", x: "x.npy", x_scale: 0.5 }));
  writeNpy(at("pairs", "x.npy"), [4, 540, 20], noise(4 * 10800));
  await page.setInputFiles("#folder", at("pairs"));
  await saying(page, "x.npy.", "a folder");
  check(await page.$eval("#scale", (input) => input.value) === "0.5", "x_scale is taken");
  fs.writeFileSync(at("walk.csv"), Array.from({ length: 300 }, (_, n) => csiLine(n, packetValues(n, 1080))).join("\n"));
  await give(page, at("walk.csv"));
  await saying(page, "walk.csv.", "a capture");
  await poses(page, 5);
  const rate = await page.textContent("#time");
  check(rate.endsWith("/ 0:03.0"), `300 packets at 100 a second last ${rate}`);
  fs.writeFileSync(at("esp.csv"), Array.from({ length: 60 }, (_, n) => csiLine(n, packetValues(n, 128))).join("\n"));
  await give(page, at("esp.csv"));
  await saying(page, "A packet of esp.csv has 64 values; tiny takes 540.", "64 subcarriers");

  const model = fs.readFileSync(modelFile);
  const hostile = [
    ["cut.ei8", model.subarray(0, 4000), "the model"],
    ["empty.ei8", Buffer.alloc(0), "the model"],
    ["text.ei8", Buffer.from("<script>alert(1)</script>".repeat(40)), "the model"],
    ["bad.npy", Buffer.from("not an array"), "not a .npy file"],
    ["claims.npy", null, "the file ends early"],
    ["objects.npy", null, "the array holds |O"],
    ["binary.csv", Buffer.from(noise(5000).buffer), "no CSI packets"],
    ["empty.csv", Buffer.alloc(0), "no CSI packets"],
    ["<img src=x onerror=alert(1)>.zip", Buffer.from("PK"), "expected a model"],
    ["broken.csv", Buffer.from('type,data\nCSI_DATA,1,"[1,2\nCSI_DATA,2,"[1,,x]"\n'.repeat(50)), "no CSI packets"],
  ];
  writeNpy(at("claims.npy"), [1000000, 540, 20], noise(16));
  writeNpy(at("objects.npy"), [6, 540, 20], noise(16), "|O");
  for (const [name, bytes, message] of hostile) {
    const file = at(name.replaceAll("/", "_"));
    if (bytes !== null) fs.writeFileSync(file, bytes);
    await give(page, file);
    await saying(page, message, name);
  }
  const broken = Buffer.from(model);
  for (let i = 0; i < 12; ++i) {
    broken[72 + (i * 7919) % (broken.length - 72)] ^= 1 << (i % 8);
    createHash("sha256").update(broken.subarray(72)).digest().copy(broken, 36);
    fs.writeFileSync(at("flipped.ei8"), broken);
    await give(page, at("flipped.ei8"));
    await page.waitForFunction(() => document.getElementById("status").textContent !== "Reading...");
  }
  await give(page, modelFile, at("windows.npy"));
  await saying(page, "windows.npy.", "afterwards");
  await poses(page, 5);
  await page.click("#demo");
  await saying(page, "built-in recording", "back to the example");
  await poses(page, 5);
  await page.context().close();
}

// Where packets are missing nothing is shown, and a long gap is not kept: after a
// fifth of a second without one, every ten packets have a gap.
{
  const page = await open({
    script: `
    window.drawnLeft = Infinity;
    for (const name of ["moveTo", "lineTo"]) {
      const draw = CanvasRenderingContext2D.prototype[name];
      CanvasRenderingContext2D.prototype[name] = function (x, y) {
        if (this.canvas.id === "confidence") window.drawnLeft = Math.min(window.drawnLeft, x);
        draw.call(this, x, y);
      };
    }`,
  });
  const timeOf = (n) => 1000000 + 1000 * n + (n < 200 ? 0 : 250000 * Math.floor((n - 190) / 10));
  fs.writeFileSync(at("gaps.csv"), Array.from({ length: 700 }, (_, n) => csiLine(n, packetValues(n, 1080), timeOf(n))).join("\n"));
  await poses(page);
  await give(page, at("gaps.csv"));
  await saying(page, "gaps.csv.", "a capture with gaps");
  await poses(page, 3);
  await page.waitForFunction(() => Number(document.getElementById("tile-left").textContent) > 300, null, { timeout: 30000 });
  const left = await page.evaluate(() => window.drawnLeft);
  check(left >= 0, `the confidence of a long gap is drawn from ${left}`);
  const shown = (wanted, what) => page.waitForFunction((whether) => {
    const { width, height } = document.getElementById("stage");
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(document.getElementById("stage"), 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    return new Uint32Array(data.buffer).some((pixel) => pixel !== 0) === whether;
  }, wanted, { timeout: 20000 }).catch(() => check(false, what));
  await page.keyboard.press("Space");
  await page.keyboard.press("Home");
  await shown(true, "a skeleton before the first gap");
  await page.keyboard.press("End");
  await shown(false, "a gap clears the skeleton");
  await page.context().close();
}

// A server that sends packets, poses and garbage, and dies.
const frame = (text) => {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? Buffer.from([0x81, bytes.length])
    : bytes.length < 65536 ? Buffer.from([0x81, 126, bytes.length >> 8, bytes.length & 255])
      : Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(bytes.length).buffer).reverse()]);
  return Buffer.concat([head, bytes]);
};
const server = http.createServer();
const sockets = [];
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("error", () => {});
  sockets.push(socket);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
{
  const page = await open();
  await poses(page);
  const connect = async (address) => {
    await page.fill("#address", address);
    await page.click("#connect button");
  };
  await connect("http://127.0.0.1/");
  await saying(page, "ws://", "an address of another kind");
  await connect("nonsense");
  await saying(page, "nonsense", "no address");
  await connect(`ws://127.0.0.1:${server.address().port}/`);
  while (sockets.length === 0) await page.waitForTimeout(20);
  const [socket] = sockets;
  await page.keyboard.press("r");
  for (let n = 0; n < 260; ++n) {
    if (n % 40 === 7) socket.write(frame("garbage {{{"));
    if (n % 50 === 9) socket.write(frame('{"csi": [1, null, "x"], "t": "never", "pose": 3}'));
    if (n === 100) socket.write(frame(`CSI_DATA,"[${"1,".repeat(600000)}]"`));
    socket.write(frame(csiLine(n, packetValues(n, 1080))));
    if (n % 20 === 0) await page.waitForTimeout(30);
  }
  await poses(page, 4);
  check(await page.$eval("#scale", (input) => Number(input.value)) < 0.1, "a source's first packets say its scale");
  await page.waitForFunction(() => /lines without a packet.*1 lines too long/.test(document.getElementById("packets").textContent));
  await recorded(page, 4);
  await give(page, modelFile);
  await saying(page, "127.0.0.1", "another model");
  await poses(page, 1);
  check(await page.textContent("#tile-left") === "0", "what came before a model is not left out");
  const names = async () => (await save(page, "#save-csv")).split("\n")[0].split(",").length;
  check(await names() === 33, "the model's poses are recorded");
  const joints = [[0.25, 0.5], [0.75, 0.125], [0.5, 1]];
  socket.write(frame(JSON.stringify({ t: 3, pose: joints, latency_ms: 1.5 })));
  socket.write(frame(JSON.stringify({ pose: joints })));
  await page.waitForFunction(() => document.getElementById("recorded").textContent === "2 poses");
  const [header, ...served] = (await save(page, "#save-csv")).trim().split("\n");
  check(header === "seconds,confidence,latency_ms,j0_x,j0_y,j1_x,j1_y,j2_x,j2_y", `poses of three joints are saved under ${header}`);
  check(served.join(" ") === "3.0000,,1.500,0.25,0.5,0.75,0.125,0.5,1 ,1,,0.25,0.5,0.75,0.125,0.5,1", `served poses are saved as ${served.join(" ")}`);
  check(JSON.parse(await save(page, "#save-json")).shape.join() === "3,2", "the JSON names their shape");
  socket.write(frame(JSON.stringify({ pose: [[1, 2], [3]] })));
  await page.waitForFunction(() => document.getElementById("recorded").textContent === "1 poses");
  check((await save(page, "#save-csv")).startsWith("seconds,confidence,latency_ms,v0,v1,v2\n,,,1,2,3\n"), "what is no pose is values");
  socket.destroy();
  await saying(page, "closed the connection", "a server that dies");
  await connect("ws://127.0.0.1:9/");
  await saying(page, "can't be reached", "no server");
  await page.click("#theme");
  await page.context().close();
}
server.close();
for (const socket of sockets) socket.destroy();

// A serial port, played: lines cut anywhere, garbage at first.
{
  const lines = Array.from({ length: 160 }, (_, n) => csiLine(n, packetValues(n, 1080)));
  const page = await open({
    script: `
    const text = ${JSON.stringify(`\u0000\ufffd half a line,3]"\r\n${lines.join("\r\n")}\r\n`)};
    const readable = () => new ReadableStream({ async start(controller) {
      const bytes = new TextEncoder().encode(text);
      for (let i = 0; i < bytes.length; i += 4001) {
        controller.enqueue(bytes.slice(i, i + 4001));
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      controller.error(new Error("The device has been lost."));
    } });
    Object.defineProperty(navigator, "serial", { value: {
      requestPort: async () => ({ open: async ({ baudRate }) => { window.baudRate = baudRate; }, close: async () => {}, readable: readable() }),
    } });`,
  });
  await poses(page);
  await page.click("#serial");
  await saying(page, "The device has been lost", "a cable that is pulled");
  await poses(page, 4);
  check(await page.evaluate(() => window.baudRate) === 921600, "at 921,600 baud");
  await page.context().close();
}

await browser.close();
finish();
