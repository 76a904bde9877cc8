// Charts: their values on hover, which picture is shown, and both as files. The
// pictures come with the page.

const tip = make("div", { class: "tip", role: "status", hidden: "" });
document.body.append(tip);

const showTip = (text, x, y) => {
  tip.textContent = text;
  tip.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.min(Math.max(x - width / 2, 8), innerWidth - width - 8);
  tip.style.left = `${Math.max(left, 8) + scrollX}px`;
  tip.style.top = `${(y - height - 14 < 8 ? y + 18 : y - height - 14) + scrollY}px`;
};
const hideTip = () => { tip.hidden = true; };

// Marks say what they are in a title, which the browser shows late and never on
// a phone.
const markOf = (svg, x, y) => {
  let best = null;
  let least = 24;
  for (const title of svg.querySelectorAll(":scope > :not(title) > title")) {
    const box = title.parentElement.getBoundingClientRect();
    const dx = Math.max(box.left - x, 0, x - box.right);
    const dy = Math.max(box.top - y, 0, y - box.bottom);
    const distance = Math.hypot(dx, dy);
    if (distance < least) [best, least] = [title, distance];
  }
  return best;
};

// All series at the threshold under the pointer.
const seriesText = (data, svg, x) => {
  const [left, right, low, high] = svg.dataset.x.split(" ").map(Number);
  const box = svg.getBoundingClientRect();
  const at = (x - box.left) / box.width * svg.viewBox.baseVal.width;
  const value = low + (at - left) / (right - left) * (high - low);
  const index = Math.round(value / data.step);
  if (index < 0 || index >= data.series[0].values.length) return null;
  const lines = data.series.map(({ name, values }) => `${values[index]?.toFixed(2) ?? "-"}  ${shorten(name, 48)}`);
  return `at ${index * data.step}%\n${lines.join("\n")}`;
};

const setUpHover = (plot, data) => {
  const move = (event) => {
    const svg = event.target.closest("svg");
    if (!svg) return;
    const mark = data.series ? null : markOf(svg, event.clientX, event.clientY);
    const text = data.series ? seriesText(data, svg, event.clientX) : mark?.textContent;
    if (text) showTip(text, event.clientX, event.clientY);
    else hideTip();
  };
  plot.addEventListener("pointermove", move);
  plot.addEventListener("pointerdown", move);
  plot.addEventListener("pointerleave", hideTip);
};

// Of several pictures one is shown: a button for each, a list when there are
// many.
const setUpChoice = (controls, pictures, label) => {
  if (pictures.length < 2) return;
  const names = pictures.map((picture) => picture.querySelector(".picture-name").textContent);
  const show = (chosen) => pictures.forEach((picture, i) => { picture.hidden = i !== chosen; });
  if (pictures.length > 3) {
    const select = make("select", { "aria-label": label });
    names.forEach((name, i) => select.append(make("option", { value: i }, name)));
    select.addEventListener("change", () => show(Number(select.value)));
    controls.append(select);
  } else {
    const group = make("span", { class: "segmented", role: "group", "aria-label": label });
    names.forEach((name, i) => {
      const button = make("button", { type: "button", "aria-pressed": String(i === 0) }, shorten(name, 30));
      button.addEventListener("click", () => {
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === button));
        show(i);
      });
      group.append(button);
    });
    controls.append(group);
  }
  for (const picture of pictures) picture.querySelector(".picture-name").hidden = true;
  show(0);
};

const setUpFiles = (controls, chart, pictures) => {
  const files = make("span", { class: "files" });
  const add = (text, save) => {
    const button = make("button", { type: "button" }, text);
    button.addEventListener("click", save);
    files.append(button);
  };
  add("SVG", () => {
    const shown = Math.max(pictures.findIndex((picture) => !picture.hidden), 0);
    download(`${pictures[shown].dataset.file}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(pictures[shown].querySelector("svg")));
  });
  add("JSON", () => download(`${chart.kind}.json`, "application/json", JSON.stringify(chart.data, null, 1)));
  controls.append(files);
};

// Buttons, and the wheel with Ctrl or Command, as maps have it.
const setUpZoom = (controls, plot) => {
  const svg = plot.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  let scale = 1;
  const zoom = (to, x = plot.clientWidth / 2, y = plot.clientHeight / 2) => {
    const next = Math.min(Math.max(to, 0.1), 4);
    const [left, top] = [(plot.scrollLeft + x) / scale, (plot.scrollTop + y) / scale];
    scale = next;
    svg.style.width = `${width * scale}px`;
    svg.style.height = `${height * scale}px`;
    plot.scrollLeft = left * scale - x;
    plot.scrollTop = top * scale - y;
    plot.dataset.zoom = scale.toFixed(3);
  };
  const group = make("span", { class: "segmented", role: "group", "aria-label": "Zoom" });
  const add = (text, label, to) => {
    const button = make("button", { type: "button", "aria-label": label }, text);
    button.addEventListener("click", () => zoom(to()));
    group.append(button);
  };
  add("−", "Zoom out", () => scale / 1.4);
  add("+", "Zoom in", () => scale * 1.4);
  add("Fit", "Show all of it", () => Math.min(plot.clientWidth / width, plot.clientHeight / height));
  add("1:1", "Original size", () => 1);
  controls.append(group);
  plot.tabIndex = 0;
  plot.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = plot.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  zoom(Math.min(1, plot.clientWidth / width));
};

for (const chart of pageData.charts) {
  const figure = document.getElementById(chart.id);
  const pictures = Array.from(figure.querySelectorAll(".picture"));
  const controls = figure.querySelector(".controls");
  setUpChoice(controls, pictures, figure.querySelector("h4").textContent);
  if (chart.kind === "network") setUpZoom(controls, figure.querySelector(".plot"));
  setUpFiles(controls, chart, pictures);
  setUpHover(figure.querySelector(".plot"), chart.data);
}
