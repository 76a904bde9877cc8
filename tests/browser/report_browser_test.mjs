// Opens reports in Chromium and looks at them as a person would: both themes, a
// phone, the keyboard, hostile names, paper. Screenshots stay in FOLDER.
//
//   node report_browser_test.mjs PROGRAM PLAYWRIGHT CHROMIUM ASSETS FOLDER
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { check, finish } from "./checks.mjs";
import { explainFile, searchFile, peersFile, makeHostile } from "./example_files.mjs";
import { lowContrast } from "./contrast.mjs";

const [program, playwright, chromiumPath, assets, folder] = process.argv.slice(2);
const { chromium } = await import(path.join(playwright, "index.mjs"));

const edgeInt8 = (...args) => execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

// A real run of the smallest model, a second one with hostile names and every
// other file, and their pages.
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
const at = (...parts) => path.join(folder, ...parts);
edgeInt8("dataset", "synth", "--out", at("data"), "--files", "20", "--windows", "12", "--seed", "7");
const printed = edgeInt8("bench", "--checkpoint", path.join(assets, "tiny.pth"), "--data", at("data"),
  "--recipe", "mse", "--calib-batches", "1", "--latency-seconds", "0.02", "--out", at("run"));
check(printed.includes(at("run", "report.html")), "bench prints the page's path");
const evil = at("e\"vil' <b>\u0007");
fs.mkdirSync(evil);
for (const name of ["results.json", "errors.json", "player.json", "latency.json"]) {
  fs.copyFileSync(at("run", name), path.join(evil, name));
}
makeHostile(evil);
fs.writeFileSync(path.join(evil, "explain.json"), JSON.stringify(explainFile()));
fs.writeFileSync(path.join(evil, "search.json"), JSON.stringify(searchFile()));
fs.writeFileSync(path.join(evil, "peers.json"), JSON.stringify(peersFile()));
edgeInt8("report", at("run"), evil, "--out", at("both.html"), "--svg", at("svg"));
edgeInt8("report", evil, "--out", at("evil.html"));
edgeInt8("report", evil, "--static", "--out", at("static.html"));

const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const open = async (file, { scheme = "light", width = 1280, height = 900 } = {}) => {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
  const page = await context.newPage();
  const name = `${path.basename(file)} ${scheme} ${width}`;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) check(false, `${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${name}: ${error.message}`));
  page.on("dialog", (dialog) => {
    check(false, `${name}: a name ran as a script`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    check(url.startsWith("data:") || url === `file://${file}`, `${name}: requested ${url}`);
  });
  await page.goto(`file://${file}`);
  await page.waitForTimeout(500);
  page.label = name;
  return page;
};

// Each kind of chart and the marks that it must have at least.
const kMarks = {
  intervals: ["circle", 1], ladder: ["rect", 4], joints: ["circle", 15 * 9], errors: ["path", 3],
  curves: ["path", 3], difference: ["path", 1], size: ["circle", 2], front: ["circle", 3], latency: ["rect", 2],
};
const checkMarks = async (page, kinds) => {
  for (const kind of kinds) {
    const [mark, least] = kMarks[kind];
    const counts = await page.$$eval(`.chart.${kind} .plot`, (plots, tag) =>
      plots.map((plot) => plot.querySelectorAll(`svg ${tag}`).length), mark);
    check(counts.length > 0, `${page.label}: no chart ${kind}`);
    for (const count of counts) check(count >= least, `${page.label}: ${kind} has ${count} ${mark} marks`);
  }
};

const checkLooks = async (page) => {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  check(content <= view, `${page.label}: ${content} wide in a view of ${view}`);
  for (const text of await page.evaluate(lowContrast)) check(false, `${page.label}: low contrast: ${text}`);
};

const allKinds = Object.keys(kMarks);
const benchKinds = ["intervals", "joints", "errors", "curves", "difference", "size", "latency"];
const looks = [
  [at("run", "report.html"), benchKinds], [at("evil.html"), allKinds], [at("both.html"), allKinds],
  [at("static.html"), allKinds],
];
for (const [file, kinds] of looks) {
  for (const view of [{}, { scheme: "dark" }, { width: 390, height: 844 }]) {
    const page = await open(file, view);
    await checkMarks(page, kinds);
    await checkLooks(page);
    const shot = `${path.basename(file, ".html")}-${view.scheme || "light"}-${view.width || 1280}.png`;
    await page.screenshot({ path: at(shot), fullPage: true });
    await page.context().close();
  }
}

// Which library drew it, and that without one it says so.
const drawnByPlot = (page) => page.$$eval(".chart.curves svg [aria-label='line']", (lines) => lines.length);
{
  const page = await open(at("run", "report.html"));
  const warned = (await page.textContent("main")).includes("without the chart library");
  check((await drawnByPlot(page) > 0) !== warned, "the page says whether the library is missing");
  const still = await open(at("static.html"));
  check(await drawnByPlot(still) === 0, "--static leaves the pictures");
  check((await still.textContent("main")).includes("without the chart library"), "--static says so");
}

// Hostile names are text, in full where it matters.
{
  const page = await open(at("evil.html"));
  const text = await page.textContent("body");
  check(text.includes("</script><script>alert(1)</script>"), "the hostile text is shown");
  check(text.includes("\u2407"), "control characters are shown as pictures");
  check(await page.$("main script") === null, "no name became a script element");
  check(await page.$("main img") === null, "no name became an image");
}

// The player: keys, buttons, slider, recordings.
{
  const page = await open(at("run", "report.html"));
  const time = () => page.$eval("#player", (player) => Number(player.dataset.time));
  const pixels = () => page.$eval("[data-role=poses]", (canvas) => canvas.toDataURL());
  await page.focus("#player");
  const before = await pixels();
  await page.keyboard.press("Space");
  await page.waitForTimeout(700);
  const later = await time();
  check(later > 0, "space plays");
  check(await pixels() !== before, "joints move");
  await page.keyboard.press("Space");
  const paused = await time();
  await page.waitForTimeout(250);
  check(await time() === paused, "space pauses");
  await page.keyboard.press("Home");
  check(await time() === 0, "Home goes to the first window");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  check(await time() === 2, "arrows step");
  await page.keyboard.press("End");
  const last = await page.$eval("[data-role=slider]", (slider) => Number(slider.max));
  check(last > 0 && await time() === last, "End goes to the last window");
  const first = await page.textContent("[data-role=where]");
  await page.keyboard.press("2");
  check(await time() === 0 && await page.textContent("[data-role=where]") !== first, "2 chooses the next recording");
  const recordings = await page.$$eval("[data-role=file] option", (options) => options.map((option) => option.textContent));
  check(["best", "median", "worst"].every((which, i) => recordings[i].startsWith(which)), `recordings ${recordings}`);
  const speed = () => page.$eval("[data-role=speed]", (select) => select.value);
  const slow = await speed();
  await page.keyboard.press("ArrowUp");
  check(Number(await speed()) > Number(slow), "up is faster");
  await page.$eval("[data-role=slider]", (slider) => {
    slider.value = 3;
    slider.dispatchEvent(new Event("input"));
  });
  check(await time() === 3, "the slider moves it");
  const colours = await page.$eval("[data-role=csi]", (canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return seen.size;
  });
  check(colours > 8, `the CSI window has ${colours} colours`);
  // Thirty frames a second leave 33 ms for each; timed without waiting for the
  // screen, so that a busy machine's display doesn't decide.
  const milliseconds = await page.evaluate(() => {
    const player = document.getElementById("player");
    const press = (key) => player.dispatchEvent(new KeyboardEvent("keydown", { key }));
    press("Home");
    const start = performance.now();
    for (let i = 0; i < 60; ++i) press(i % 2 ? "ArrowLeft" : "ArrowRight");
    return (performance.now() - start) / 60;
  });
  check(milliseconds < 1000 / 30, `a frame takes ${milliseconds.toFixed(1)} ms`);
  console.log(`a frame of the player takes ${milliseconds.toFixed(2)} ms`);
}

// Controls of the rest of the page.
{
  const page = await open(at("evil.html"));
  await page.click("#theme");
  check(await page.$eval("html", (root) => root.dataset.theme) === "light", "the theme can be chosen");
  await page.click("#manifest .copy");
  await page.waitForTimeout(100);
  check((await page.textContent("#manifest .copy")) !== "Copy", "a hash can be copied");
  const column = () => page.$$eval(".heatmap tbody tr", (rows) => rows.map((row) => Math.abs(Number(row.cells[5].dataset.value))));
  await page.click(".heatmap th:nth-child(6) .sort");
  const sorted = await column();
  check(sorted.every((value, i) => i === 0 || sorted[i - 1] >= value), "the heat map sorts by damage");
  if (await drawnByPlot(page) > 0) {
    const ladder = () => page.$eval(".chart.ladder .plot", (plot) => plot.textContent);
    const at20 = await ladder();
    await page.click(".chart.ladder .segmented button:nth-child(2)");
    check(await ladder() !== at20, "the ladder shows another threshold");
  }
  const pdf = await page.pdf();
  check(pdf.length > 20000, "it prints");
}

// Every chart is also a file.
for (const kind of allKinds) {
  const files = fs.readdirSync(at("svg")).filter((name) => name.startsWith(`2-${kind}`));
  check(files.length > 0, `no svg of ${kind}`);
  for (const name of files) {
    const page = await open(at("svg", name));
    check(await page.$("parsererror") === null, `${name} is not well-formed`);
  }
}

await browser.close();
const bytes = fs.statSync(at("both.html")).size;
check(bytes < 3e6, `two runs make ${bytes} bytes`);
finish();
