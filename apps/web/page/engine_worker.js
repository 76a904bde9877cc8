// Runs in a worker, behind model.mjs: one model at a time, so that a slow one
// never stops the page. Messages are answered in their order.

let model = null;
let compiled = null;

const unzip = async (bytes) =>
  new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();

// modules: gzip of each by its name.
const compileFor = async (modules) => WebAssembly.compile(await unzip(modules[moduleName()]));

const describe = (made) => ({
  name: made.name, isa: made.isa, inputShape: made.inputShape, outputShape: made.outputShape,
  inputSize: made.inputSize,
});

const answers = {
  start: async ({ modules }) => {
    compiled = compileFor(modules);
    await compiled;
    return {};
  },
  load: async ({ bytes }) => {
    const made = await Model.create(await compiled, bytes);
    if (model !== null) model.free();
    model = made;
    return { model: describe(made) };
  },
  run: async ({ window }) => ({ pose: model.run(window) }),
};

self.onmessage = async ({ data }) => {
  try {
    postMessage({ id: data.id, ...(await answers[data.kind](data)) });
  } catch (error) {
    postMessage({ id: data.id, error: error.message });
  }
};
