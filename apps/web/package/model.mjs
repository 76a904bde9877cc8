// A model in an instance of the engine's module. Nothing here knows where the
// module came from: a Node file, a server, or a page's own text. Tested by
// package_test.mjs.

export class EdgeInt8Error extends Error {
  constructor(message) {
    super(message);
    this.name = "EdgeInt8Error";
  }
}

// A function of vectors with one instruction of relaxed SIMD,
// i32x4.relaxed_dot_i8x16_i7x16_add_s: valid only where that is known.
const kRelaxedProbe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 253, 147, 2, 11,
]);

// Node 20 knows relaxed SIMD behind a flag, and computes dot products wrongly.
const isOldNode = () => Number.parseInt(globalThis.process?.versions?.node ?? "99", 10) < 22;

// The module that this machine can run fastest.
export const moduleName = () =>
  !isOldNode() && WebAssembly.validate(kRelaxedProbe) ? "edge_int8_relaxed_simd.wasm" : "edge_int8_simd128.wasm";

// The words of wasm_exports.cc's State, which asserts that they lie there.
const kState = {
  text: 0, op: 1, item: 2, name: 3, isa: 4, bytes: 5, integers: 6, window: 7, pose: 8,
  inputSize: 9, outputSize: 10, arenaBytes: 11, inputAxes: 12, outputAxes: 13,
  inputShape: 14, outputShape: 22, inputFactor: 30, outputScale: 31, inputZero: 32, outputZero: 33, golden: 34,
};
const kStateWords = kState.golden + 1;
const kNotGolden = 6;

const makeInstance = async (module) =>
  WebAssembly.instantiate(module, {
    env: {
      out_of_memory: () => {
        throw new EdgeInt8Error("out of memory");
      },
    },
  });

class Memory {
  constructor(exports) {
    this.exports = exports;
    exports._initialize();
  }

  // Views go stale when the memory grows, which only load() makes it do.
  get words() { return new Int32Array(this.exports.memory.buffer, this.exports.state(), kStateWords); }
  get floats() { return new Float32Array(this.exports.memory.buffer, this.exports.state(), kStateWords); }

  text(address) {
    const bytes = new Uint8Array(this.exports.memory.buffer, address);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}

// An instance whose load() was refused is as good as new.
const unused = new WeakMap();

const asBytes = (file) => {
  if (file instanceof Uint8Array) return file;
  if (file instanceof ArrayBuffer) return new Uint8Array(file);
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  throw new EdgeInt8Error("load: expected the bytes of an .ei8 file, an ArrayBuffer or a Uint8Array");
};

// " at operator 3, item 5", as the command line says it.
const place = (operator, item) => {
  const parts = [];
  if (operator >= 0) parts.push(`operator ${operator}`);
  if (item >= 0) parts.push(`item ${item}`);
  return parts.length > 0 ? ` at ${parts.join(", ")}` : "";
};

export class Model {
  #memory;
  #views;

  // From a compiled module of this package and the bytes of an .ei8 file.
  static async create(module, file) {
    const bytes = asBytes(file);
    const memory = unused.get(module) ?? new Memory((await makeInstance(module)).exports);
    unused.delete(module);
    let address, status;
    try {
      address = memory.exports.allocate(bytes.length);
      new Uint8Array(memory.exports.memory.buffer, address, bytes.length).set(bytes);
      status = memory.exports.load(address, bytes.length);
    } catch (error) {
      if (error instanceof EdgeInt8Error) throw error;
      throw new EdgeInt8Error(`the model can't be loaded: ${error.message}`);
    }
    if (status === 0) return new Model(memory);
    const words = memory.words;
    const rule = memory.text(words[kState.text]);
    unused.set(module, memory);
    throw new EdgeInt8Error(`the model${place(words[kState.op], words[kState.item])}: ${rule}`);
  }

  constructor(memory) {
    const words = memory.words;
    const floats = memory.floats;
    const shape = (first, axes) => Object.freeze(Array.from(words.subarray(first, first + axes)));
    this.name = memory.text(words[kState.name]);
    this.isa = memory.text(words[kState.isa]);
    this.inputShape = shape(kState.inputShape, words[kState.inputAxes]);
    this.outputShape = shape(kState.outputShape, words[kState.outputAxes]);
    this.inputSize = words[kState.inputSize];
    this.outputSize = words[kState.outputSize];
    this.arenaBytes = words[kState.arenaBytes];
    this.inputFactor = floats[kState.inputFactor];
    this.inputZero = words[kState.inputZero];
    this.outputScale = floats[kState.outputScale];
    this.outputZero = words[kState.outputZero];
    this.#memory = memory;
    const { buffer } = memory.exports.memory;
    this.#views = {
      bytes: new Uint8Array(buffer, words[kState.bytes], this.inputSize),
      integers: new Int32Array(buffer, words[kState.integers], this.outputSize),
      window: new Float32Array(buffer, words[kState.window], this.inputSize),
      pose: new Float32Array(buffer, words[kState.pose], this.outputSize),
    };
    Object.freeze(this);
  }

  // A window of real numbers to real numbers, both in row-major order of their
  // shapes. Writes to `out` where it is given, and returns it.
  run(x, out = new Float32Array(this.outputSize)) {
    const { window, pose } = this.#checked(x, out, Float32Array);
    window.set(x);
    this.#memory.exports.run_floats();
    out.set(pose);
    return out;
  }

  // The same in the network's integers: bytes in, int32 out.
  runInt(x, out = new Int32Array(this.outputSize)) {
    if (!(x instanceof Uint8Array)) throw new EdgeInt8Error("runInt: the window has to be a Uint8Array");
    const { bytes, integers } = this.#checked(x, out, Int32Array);
    bytes.set(x);
    this.#memory.exports.run_bytes();
    out.set(integers);
    return out;
  }

  // Runs the windows that the file holds the right answers for; returns how many
  // it holds. A machine that computes something else throws.
  verify() {
    const { exports } = this.#alive();
    const status = exports.verify();
    if (status === kNotGolden) throw new EdgeInt8Error("this machine's result is not the model's golden one");
    if (status !== 0) throw new EdgeInt8Error("the golden vectors can't be run");
    return this.#memory.words[kState.golden];
  }

  // Lets the memory go. Whatever is called afterwards throws.
  free() {
    this.#memory = null;
    this.#views = null;
  }

  #alive() {
    if (this.#memory === null) throw new EdgeInt8Error("the model was freed");
    return this.#memory;
  }

  #checked(x, out, Type) {
    this.#alive();
    if (x?.length !== this.inputSize) {
      throw new EdgeInt8Error(`the window has ${x?.length} values; the model takes ${this.inputSize}, [${this.inputShape}]`);
    }
    if (!(out instanceof Type) || out.length !== this.outputSize) {
      throw new EdgeInt8Error(`out has to be a ${Type.name} of ${this.outputSize} values, [${this.outputShape}]`);
    }
    return this.#views;
  }
}
