// What every part of the page shares: the data, the theme, copying, downloads.

const pageData = JSON.parse(document.getElementById("page-data").textContent);

const make = (tag, attributes = {}, text = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  if (text) element.textContent = text;
  return element;
};

// The middle of long names goes, both ends say something.
const shorten = (text, most) => {
  const points = Array.from(text);
  if (points.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  const head = most - 1 - tail;
  return points.slice(0, head).join("") + "…" + points.slice(-tail).join("");
};

// Called after the theme changed: a canvas has to be drawn again.
const themeListeners = [];
const themes = ["system", "light", "dark"];
const themeButton = document.getElementById("theme");
themeButton.addEventListener("click", () => {
  const root = document.documentElement;
  const now = root.dataset.theme || "system";
  const next = themes[(themes.indexOf(now) + 1) % themes.length];
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  themeButton.textContent = `Theme: ${next}`;
  for (const listener of themeListeners) listener();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const listener of themeListeners) listener();
});

// Where the clipboard is refused the text is selected for copying by hand.
const copyText = async (button) => {
  const said = (text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    said("Copied");
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.parentElement.querySelector("code"));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    said(document.execCommand("copy") ? "Copied" : "Selected");
  }
};
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", () => copyText(button));
}

// Gives a text to the reader as a file. Names become plain file names.
const download = (name, type, text) => {
  const link = make("a", {
    href: URL.createObjectURL(new Blob([text], { type })),
    download: name.replace(/[^A-Za-z0-9._-]+/g, "-"),
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
