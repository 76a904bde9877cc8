// Runs inside the page: texts whose contrast is below WCAG 2.1 AA (4.5:1, or
// 3:1 for large text), against the backgrounds that lie behind them.
export const lowContrast = () => {
  // "rgb(1 2 3 / 0.5)", "rgba(1, 2, 3, 0.5)" or "color(srgb 0.1 0.2 0.3 / 0.5)".
  const parse = (text) => {
    const numbers = text.replace("srgb", "").match(/[\d.eE+-]+/g).map(Number);
    const scale = text.startsWith("color") ? 255 : 1;
    return { rgb: numbers.slice(0, 3).map((v) => v * scale), a: numbers[3] ?? 1 };
  };
  const over = (top, under) => top.rgb.map((v, i) => v * top.a + under[i] * (1 - top.a));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      if (e instanceof SVGElement) continue;
      layers.push(parse(getComputedStyle(e).backgroundColor));
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    if (element.matches("script, style, noscript, noscript *, title, option")) continue;
    const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const text = element instanceof SVGElement ? style.fill : style.color;
    if (text === "none") continue;
    const under = background(element);
    const [a, b] = [luminance(over(parse(text), under)), luminance(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) low.push(`${ratio.toFixed(2)} "${element.textContent.trim().slice(0, 40)}"`);
  }
  return low.slice(0, 10);
};
