// Integer networks (.ei8 files) in JavaScript, bit-equal to every other build of
// the engine:
//
//   const m = await load(bytes);
//   const y = m.run(x);
//
// The module is compiled once, while it arrives where the server says that it is
// application/wasm. A page under a Content-Security-Policy needs
// 'wasm-unsafe-eval' in script-src; nothing here needs 'unsafe-eval'.
import { EdgeInt8Error, Model, moduleName } from "./model.mjs";

export { EdgeInt8Error, Model };

// Named in full, so that bundlers find and copy them.
const kModules = {
  "edge_int8_simd128.wasm": () => new URL("./edge_int8_simd128.wasm", import.meta.url),
  "edge_int8_relaxed_simd.wasm": () => new URL("./edge_int8_relaxed_simd.wasm", import.meta.url),
};

// While it arrives; or all of it first, where a server calls it something else.
const compileResponse = async (response) => {
  if (!response.ok) throw new EdgeInt8Error(`${response.url}: the server answers ${response.status}`);
  if (WebAssembly.compileStreaming) {
    const copy = response.clone();
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return WebAssembly.compile(await copy.arrayBuffer());
    }
  }
  return WebAssembly.compile(await response.arrayBuffer());
};

const compile = async (wasm) => {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return WebAssembly.compile(wasm);
  if (typeof Response !== "undefined" && wasm instanceof Response) return compileResponse(wasm);
  const url = new URL(wasm, import.meta.url);
  if (url.protocol === "file:" && typeof process !== "undefined") {
    const { readFile } = await import("node:fs/promises");
    return WebAssembly.compile(await readFile(url));
  }
  return compileResponse(await fetch(url));
};

let usual;  // promise of the module that moduleName() names

// bytes: of an .ei8 file. wasm: one of the two modules as bytes, a URL, a Response
// or compiled, where they don't lie beside this file.
export const load = async (bytes, { wasm } = {}) => {
  if (wasm !== undefined) return Model.create(await compile(wasm), bytes);
  usual ??= compile(kModules[moduleName()]());
  try {
    return Model.create(await usual, bytes);
  } catch (error) {
    if (!(error instanceof EdgeInt8Error)) usual = undefined;  // a later try may reach the server
    throw error;
  }
};
