// `edge-int8 serve` and the page in Chromium: it opens, connects by itself, shows
// poses that the server computed, and says when the server ends.
//
//   node serve_page_test.mjs PLAYWRIGHT CHROMIUM PAGE.html MODEL.ei8 DATA_SET PROGRAM
import { spawn } from "node:child_process";
import path from "node:path";

const [playwright, executablePath, pageFile, model, dataSet, program] = process.argv.slice(2);
const { chromium } = await import(path.join(playwright, "index.mjs"));

const failures = [];
const check = (ok, what) => {
  if (!ok) failures.push(what);
};
const token = "0123456789abcdef";
const server = spawn(program, ["serve", "--model", model, "--source", `replay:${dataSet}`, "--loop", "--listen", "127.0.0.1:0", "--page", pageFile, "--token", token],
  { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => server.on("exit", resolve));
const port = await new Promise((resolve, reject) => {
  let text = "";
  server.stdout.on("data", (data) => {
    text += data;
    const found = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(text);
    if (found) resolve(found[1]);
  });
  ended.then((code) => reject(new Error(`serve ended with ${code}`)));
});

const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const errors = (page) => {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !message.text().includes("WebSocket")) check(false, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, error.message));
};
const saying = async (page, text) => {
  try {
    await page.waitForFunction((part) => document.getElementById("status").textContent.includes(part), text, { timeout: 20000 });
  } catch {
    check(false, `the page says "${await page.textContent("#status")}", not "${text}"`);
  }
};

const page = await browser.newPage();
errors(page);
await page.goto(`http://127.0.0.1:${port}/?token=${token}`);
check(page.url() === `http://127.0.0.1:${port}/live#connect&token=${token}`, `it leads to ${page.url()}`);
await saying(page, `Poses of 127.0.0.1:${port}`);
const before = await page.$eval("#stage", (canvas) => canvas.toDataURL());
await page.waitForFunction(() => Number(document.body.dataset.poses) >= 20, null, { timeout: 20000 });
check(await page.$eval("#stage", (canvas) => canvas.toDataURL()) !== before, "the skeleton moves");
await page.waitForFunction(() => {
  const canvas = document.getElementById("csi");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 60;
}, null, { timeout: 20000 }).catch(() => check(false, "the waterfall shows the server's packets"));
// Each pose once: the page leaves computing to the server. 200 packets a second
// and a window every 5 are 40.
const rate = Number(await page.textContent("#tile-rate"));
check(rate > 0 && rate <= 60, `${rate} poses a second`);

// Without the token there are none.
const stranger = await browser.newPage();
await stranger.goto(`http://127.0.0.1:${port}/`);
await saying(stranger, "can't be reached");
await stranger.close();

server.kill("SIGINT");
check(await ended === 0, "Ctrl-C ends it in order");
await saying(page, "closed the connection");
await browser.close();
for (const failure of failures) console.error(`FAILED: ${failure}`);
if (failures.length > 0) process.exit(1);
console.log("served and shown");
