// Runs a WASI program in Chromium, with as much of WASI as a test program needs:
//
//   node run_in_chromium.mjs PLAYWRIGHT CHROMIUM PROGRAM.wasm [ARGUMENT...]
import fs from "node:fs";
import path from "node:path";

const [playwright, executablePath, program, ...args] = process.argv.slice(2);
const { chromium } = await import(path.join(playwright, "index.mjs"));

// In the page. Prints to an array of text; its exit status is thrown.
const runProgram = async ({ base64, args }) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const printed = [];
  let memory;
  const words = () => new DataView(memory.buffer);
  const strings = args.map((text) => new TextEncoder().encode(`${text}\0`));
  const calls = {
    args_sizes_get: (count, size) => {
      words().setUint32(count, strings.length, true);
      words().setUint32(size, strings.reduce((sum, text) => sum + text.length, 0), true);
      return 0;
    },
    args_get: (pointers, text) => {
      strings.forEach((string, i) => {
        words().setUint32(pointers + 4 * i, text, true);
        new Uint8Array(memory.buffer, text).set(string);
        text += string.length;
      });
      return 0;
    },
    environ_sizes_get: (count, size) => {
      words().setUint32(count, 0, true);
      words().setUint32(size, 0, true);
      return 0;
    },
    clock_time_get: (id, precision, to) => {
      words().setBigUint64(to, BigInt(Math.round(1e6 * performance.now())), true);
      return 0;
    },
    fd_fdstat_get: (fd, to) => {
      new Uint8Array(memory.buffer, to, 24).fill(0);
      words().setUint8(to, 2);  // a character device
      return 0;
    },
    fd_prestat_get: () => 8,  // no such file: there are no folders
    fd_write: (fd, parts, count, written) => {
      let size = 0;
      for (let i = 0; i < count; ++i) {
        const at = words().getUint32(parts + 8 * i, true);
        const length = words().getUint32(parts + 8 * i + 4, true);
        printed.push(new TextDecoder().decode(new Uint8Array(memory.buffer, at, length)));
        size += length;
      }
      words().setUint32(written, size, true);
      return 0;
    },
    proc_exit: (status) => {
      throw { status };
    },
  };
  const kUnsupported = 52;
  const wasi = new Proxy(calls, { get: (known, name) => known[name] ?? (() => kUnsupported) });
  const module = await WebAssembly.compile(bytes);
  const imports = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, wasi[name]]));
  const { exports } = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: imports });
  memory = exports.memory;
  try {
    exports._start();
    return { status: 0, printed: printed.join("") };
  } catch (error) {
    return { status: error.status ?? `${error}\n${error.stack}`, printed: printed.join("") };
  }
};

const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
const base64 = fs.readFileSync(program).toString("base64");
const { status, printed } = await page.evaluate(runProgram, { base64, args: [program, ...args] });
await browser.close();
process.stdout.write(printed);
if (status !== 0) console.error(`it ends with ${status}`);
process.exitCode = status === 0 ? 0 : 1;
