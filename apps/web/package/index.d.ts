// Types of edge-int8.mjs.

/** What is wrong with a file, a window or a machine, in words. */
export class EdgeInt8Error extends Error {}

export interface Model {
  /** Of the network. */
  readonly name: string;
  /** "simd128" or "relaxed_simd". */
  readonly isa: string;
  /** Axes of a window and of a result, without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly inputSize: number;
  readonly outputSize: number;
  /** Bytes that a run works in; allocated by load(). */
  readonly arenaBytes: number;
  /** byte = clamp(rint(value * inputFactor) + inputZero, 0, 255) */
  readonly inputFactor: number;
  readonly inputZero: number;
  /** value = (integer - outputZero) * outputScale */
  readonly outputScale: number;
  readonly outputZero: number;

  /** A window in row-major order; writes to `out` where it is given. */
  run(x: ArrayLike<number>, out?: Float32Array): Float32Array;
  /** The same in the network's own integers. */
  runInt(x: Uint8Array, out?: Int32Array): Int32Array;
  /** Runs the file's golden vectors and returns their number; throws where one differs. */
  verify(): number;
  /** Lets the memory go; the model can't be used afterwards. */
  free(): void;
}

export interface LoadOptions {
  /** The module, where it does not lie beside the package's script. */
  wasm?: string | URL | Response | BufferSource | WebAssembly.Module;
}

/** `bytes`: an .ei8 file. Throws an EdgeInt8Error that names the broken rule. */
export function load(bytes: BufferSource, options?: LoadOptions): Promise<Model>;
