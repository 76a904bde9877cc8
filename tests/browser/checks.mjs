// What the tests in JavaScript share: checks that are counted, the end of a test,
// and arrays as .npy files.
import fs from "node:fs";

const kMostPrinted = 20;
let failed = 0;

// Goes on after a failure: one run shows what else is wrong.
export const check = (ok, what) => {
  if (!ok && ++failed <= kMostPrinted) console.error(`FAILED ${what}`);
};

export const finish = () => {
  console.log(failed === 0 ? "all checks passed" : `${failed} checks failed`);
  process.exit(failed === 0 ? 0 : 1);
};

// values: a typed array of what `type` says, or of anything where a lie is wanted.
export const writeNpy = (file, shape, values, type = "<f4") => {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = text.padEnd(128 - 10 - 1) + "\n";
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(header, "latin1"), Buffer.from(values.buffer)]));
  return file;
};
