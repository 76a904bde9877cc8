// Files of a run folder with invented numbers, and names that try to escape.
import fs from "node:fs";
import path from "node:path";

const kEvil = `"'></script><script>alert(1)</script><img src=x onerror=alert(2)>\n\u0007\u202e${"x".repeat(4096)}`;

const score = (pck20) => ({
  samples: 100, "pck@10": pck20 - 0.1, "pck@20": pck20, "pck@30": pck20, "pck@40": pck20, "pck@50": 1, mpjpe: 0.0125,
});
const triple = (value) => ({ "pck@10": 2 * value, "pck@20": value, "pck@50": 0 });

export const explainFile = () => ({
  metric: "torso-pck/1", normalization: "torso", split: "val", subset: "clean", windows: 100,
  ladder: [["fp32", 0.98], ["folded", 0.98], ["weights", 0.9785], ["activations", 0.976], [kEvil, 0.9765]]
    .map(([step, pck20]) => ({ step, score: score(pck20) })),
  tensors: Array.from({ length: 30 }, (_, i) => ({
    name: i === 3 ? kEvil : `tcn.network.${i >> 3}.conv${i % 8}.weight`,
    kind: i % 2 ? "activation" : "weight",
    bits: 8,
    params: 100 * i,
    range: { below: i / 1000, above: 0, bins: Array.from({ length: 32 }, (_, b) => b < 20 ? (1 - i / 1000) / 20 : 0) },
    only: { loss_pp: triple(((i * 7) % 30) / 100 - 0.05), snr_db: 30 + i / 10 },
    all_but: { gain_pp: triple(((i * 11) % 30) / 200) },
  })),
});

export const searchFile = () => ({
  split: "val", decided_by: "pck@20", fp32: score(0.985),
  points: Array.from({ length: 40 }, (_, i) => ({
    bytes: 400000 + 12000 * i,
    macs_cost: 0.3 + i / 60,
    val: score(0.98 - 0.2 / (i + 2) - ((i * 13) % 7) / 400),
    on_front: i % 5 === 0,
    chosen: i === 25,
  })),
});

export const nodesFile = () => ({
  label: kEvil, isa: "avx2", threads: 1, batch: 1, p50_ms: 0.2, p90_ms: 0.3, p99_ms: 0.4,
  nodes: Array.from({ length: 30 }, (_, i) => ({ name: i === 2 ? kEvil : `node${i}`, kind: "conv", macs: 1000 * i, microseconds: (i * 7) % 30 })),
});

export const peersFile = () => ({
  peers: [["ONNX Runtime fp32", 0.9], [kEvil, 0.7]].map(([name, p50]) => ({
    name, isa: "avx2", threads: 1, batch: 1, p50_ms: p50, p90_ms: 1.2 * p50, p99_ms: 1.5 * p50,
  })),
});

// Every name and path that the files hold, and the keys of the models.
export const makeHostile = (folder) => {
  const edit = (name, change) => {
    const file = path.join(folder, name);
    const json = JSON.parse(fs.readFileSync(file, "utf8"));
    change(json);
    fs.writeFileSync(file, JSON.stringify(json));
  };
  edit("results.json", (json) => {
    json.command = json.data.path = json.checkpoint.path = json.host.name = kEvil;
    json.int8[kEvil] = { ...json.int8.ptq, title: kEvil, artifact: kEvil, note: kEvil };
  });
  edit("errors.json", (json) => { json.models[1].title = kEvil; });
  edit("player.json", (json) => {
    json.models[1].title = kEvil;
    json.files[0].which = kEvil;
    json.ranked_by.title = kEvil;
  });
  edit("latency.json", (json) => { json.models[0].title = kEvil; });
  edit("network.json", (json) => {
    json.layers[4].name = json.layers[5].kind = kEvil;
  });
};
