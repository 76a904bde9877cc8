// Opens reports in Chromium and looks at them as a person would: both themes, a
// phone, the keyboard, hostile names, paper. Screenshots stay in FOLDER.
//
//   node report_browser_test.mjs PROGRAM PLAYWRIGHT CHROMIUM ASSETS FOLDER
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { check, finish } from "./checks.mjs";
import { explainFile, nodesFile, searchFile, peersFile, makeHostile } from "./example_files.mjs";
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
for (const name of ["results.json", "errors.json", "player.json", "latency.json", "network.json"]) {
  fs.copyFileSync(at("run", name), path.join(evil, name));
}
makeHostile(evil);
fs.writeFileSync(path.join(evil, "explain.json"), JSON.stringify(explainFile()));
fs.writeFileSync(path.join(evil, "search.json"), JSON.stringify(searchFile()));
fs.writeFileSync(path.join(evil, "latency-nodes.json"), JSON.stringify(nodesFile()));
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
  await page.waitForTimeout(150);
  page.label = name;
  return page;
};

// Each kind of chart and the marks that it must have at least.
const kMarks = {
  intervals: ["circle", 1], ladder: ["rect", 4], joints: ["circle", 15 * 9], errors: ["path", 3],
  curves: ["path", 3], difference: ["path", 1], size: ["circle", 2], front: ["circle", 3], latency: ["rect", 2],
  network: ["g.card", 50],
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
const benchKinds = ["intervals", "joints", "network", "errors", "curves", "difference", "size", "latency"];
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

// Nothing runs in a static page, and it has the same charts.
{
  const page = await open(at("static.html"));
  check(await page.$("script:not([type])") === null, "--static leaves scripts out");
  check(await page.$("#player") === null, "--static has no player");
  check(await page.$$eval(".chart", (charts) => charts.length) >= allKinds.length, "--static has the charts");
}

// The first view says what was measured and what it means, above the fold.
{
  const page = await open(at("run", "report.html"), { width: 1200, height: 800 });
  const low = await page.$$eval("#overview h2, #overview .badge, #overview .tile b",
    (parts) => parts.map((part) => part.getBoundingClientRect().bottom));
  check(low.length === 5 && low.every((bottom) => bottom < 800), `the first view ends at ${low}`);
  await page.context().close();
}

// Tables fit the page and paper; on a phone rows are cards. What is not for
// paper isn't printed.
const wideTables = (page) => page.$$eval(".scroll", (boxes) => boxes
  .filter((box) => box.getClientRects().length && box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.getAttribute("aria-label")} ${box.scrollWidth} in ${box.clientWidth}`));
for (const [width, media] of [[1200, "screen"], [390, "screen"], [720, "print"]]) {
  const page = await open(at("evil.html"), { width });
  await page.emulateMedia({ media });
  const wide = await wideTables(page);
  check(wide.length === 0, `${media} at ${width}: ${wide}`);
  const shown = await page.$$eval("#player, .controls, #theme, .copy", (parts) => parts.filter((part) => part.getClientRects().length).length);
  check((shown === 0) === (media === "print"), `${media}: ${shown} controls`);
  await page.context().close();
}

// A model has one colour: its swatch in the table is the fill of its marks.
{
  const page = await open(at("run", "report.html"));
  const swatches = await page.$$eval(".scores tbody tr", (rows) => rows.map((row) =>
    [row.cells[0].textContent, getComputedStyle(row.querySelector(".swatch")).backgroundColor]));
  const colours = new Map(swatches);
  check(new Set(colours.values()).size === colours.size, "each model has a colour of its own");
  for (const kind of ["intervals", "size", "latency"]) {
    const marks = await page.$$eval(`.chart.${kind} .wide svg :is(circle, rect) > title`, (titles) =>
      titles.map((title) => [title.textContent, getComputedStyle(title.parentElement).fill]));
    for (const [text, fill] of marks) {
      const model = swatches.map(([name]) => name).find((name) => text.startsWith(name + ":") || text.startsWith(name + " against"));
      check(model !== undefined && colours.get(model) === fill, `${kind}: "${text}" is ${fill}`);
    }
  }
  await page.context().close();
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
  const worst = await page.$$eval(".worst tbody tr", (rows) => rows.map((row) => parseFloat(row.cells[2].textContent)));
  check(worst.length === 10 && worst.every((value, i) => i === 0 || worst[i - 1] >= value), `worst windows ${worst}`);
  const number = await page.textContent(".worst tbody tr:nth-child(3) button");
  await page.click(".worst tbody tr:nth-child(3) button");
  check((await page.textContent("[data-role=where]")).includes(`(${number})`), "a worst window opens in the player");
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
  const column = (table) => page.$$eval(`${table} tbody tr`, (rows) => rows.map((row) => Number(row.cells[6].dataset.value)));
  const rising = (values) => values.every((value, i) => i === 0 || values[i - 1] <= value);
  check(rising(await column(".tensors .heatmap")), "tensors stand worst first");
  const head = page.locator(".tensors .heatmap th:nth-child(9) .sort");
  await head.click();
  const snr = () => page.$$eval(".tensors .heatmap tbody tr", (rows) => rows.map((row) => Number(row.cells[8].dataset.value)));
  check(rising((await snr()).reverse()), "a head sorts, largest first");
  await head.click();
  check(rising(await snr()), "and again the other way round");
  await head.click();
  check(rising(await column(".tensors .heatmap")), "and back");
  const shownColumns = () => page.$$eval(".tensors .heatmap thead th", (heads) => heads.filter((th) => th.getClientRects().length).length);
  const few = await shownColumns();
  await page.click(".tensors .more");
  check(await shownColumns() > few, "all columns can be asked for");
  check(await page.$$eval("thead th", (heads) => heads.every((th) => th.title.length > 3)), "each head says what it means");
  const ladder = () => page.$$eval(".chart.ladder .picture", (all) => all.map((picture) => picture.hidden));
  const at20 = await ladder();
  await page.click(".chart.ladder .segmented button:nth-child(2)");
  check(String(await ladder()) !== String(at20), "the ladder shows another threshold");
  await page.locator(".chart.size .wide circle.dot").first().hover({ force: true });
  check((await page.textContent(".tip")).includes(" MiB, "), "a mark says what it is");
  await page.hover(".chart.curves .wide svg");
  check((await page.textContent(".tip")).includes("at "), "curves say their values");
  const zoom = () => page.$eval(".network .plot", (plot) => Number(plot.dataset.zoom));
  const before = await zoom();
  await page.click(".network [aria-label='Zoom in']");
  check(await zoom() > before, "the network can be zoomed");
  await page.click(".network [aria-label='Show all of it']");
  check(await zoom() < before, "and fitted");
  const saved = async (button) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return [file.suggestedFilename(), fs.readFileSync(await file.path(), "utf8")];
  };
  const [svgName, svg] = await saved(".chart.front .files button:nth-child(1)");
  check(svgName === "front.svg" && svg.startsWith("<svg") && svg.includes("fill=\"#"), `${svgName} is a picture with its colours`);
  const [jsonName, text] = await saved(".chart.front .files button:nth-child(2)");
  check(jsonName === "front.json" && JSON.parse(text).points.length === 40, `${jsonName} has the points`);
  const [csvName, csv] = await saved(".tensors .csv");
  check(csvName === "tensors.csv" && csv.split("\r\n").length === 31, `${csvName} has every row`);
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
