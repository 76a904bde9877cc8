// The engine's worker as promises, with a limit on how long an answer may take:
// a model that takes forever is ended, not waited for.

const dataOf = (id) => Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));

const unzipData = async (id) => {
  const stream = new Blob([dataOf(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

class EngineClient {
  static kLimits = { start: 20000, load: 20000, run: 4000 };  // ms

  #worker = null;
  #waiting = new Map();
  #next = 0;

  async start() {
    const text = new TextDecoder().decode(await unzipData("worker"));
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }) => this.#settle(data.id, data);
    this.#worker.onerror = (event) => this.#end(event.message || "the engine's worker failed");
    const modules = {
      "edge_int8_simd128.wasm": dataOf("simd128"),
      "edge_int8_relaxed_simd.wasm": dataOf("relaxed_simd"),
    };
    await this.#ask({ kind: "start", modules });
  }

  // The model's description, or an Error that says what is wrong with the file.
  async load(bytes) {
    if (this.#worker === null) await this.start();
    return (await this.#ask({ kind: "load", bytes })).model;
  }

  run(window) {
    return this.#ask({ kind: "run", window }, [window.buffer]);
  }

  #ask(message, transfer = []) {
    if (this.#worker === null) return Promise.reject(new Error("no model is loaded"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const limit = EngineClient.kLimits[message.kind];
      const timer = setTimeout(() => this.#end(`the model took more than ${limit / 1000} s and was ended`), limit);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#worker.postMessage({ id, ...message }, transfer);
    });
  }

  #settle(id, answer) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (answer.error !== undefined) waiting.reject(new Error(answer.error));
    else waiting.resolve(answer);
  }

  #end(message) {
    if (this.#worker !== null) this.#worker.terminate();
    this.#worker = null;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(message));
    }
    this.#waiting.clear();
  }
}
