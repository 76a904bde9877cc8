// NumPy arrays: the header is checked against the file's size before a value is
// read, and of a large file only what the page keeps is read.

const kNpyTypes = {
  "<f4": { bytes: 4, read: (view, at) => view.getFloat32(at, true), scale: 1 },
  "<f8": { bytes: 8, read: (view, at) => view.getFloat64(at, true), scale: 1 },
  "|u1": { bytes: 1, read: (view, at) => view.getUint8(at), scale: 1 / 255 },
  "|i1": { bytes: 1, read: (view, at) => view.getInt8(at), scale: 1 },
  "<i2": { bytes: 2, read: (view, at) => view.getInt16(at, true), scale: 1 },
};
const kMostHeader = 65536;
const kMostNpyBytes = 192 << 20;  // read at once

// {shape, type, data}: `data` is where the values begin.
const parseNpyHeader = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY" || bytes[0] !== 0x93) {
    throw new Error("not a .npy file: bad magic");
  }
  const version = bytes[6];
  if (version < 1 || version > 3) throw new Error(`npy version ${version} is not 1, 2 or 3`);
  const first = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > kMostHeader || first + length > bytes.length) throw new Error("the npy header is cut");
  const text = new TextDecoder().decode(bytes.subarray(first, first + length));
  const type = text.match(/'descr':\s*'([^']*)'/)?.[1];
  if (!Object.hasOwn(kNpyTypes, type ?? "")) {
    throw new Error(`the array holds ${type ?? "an unknown type"}; expected float32, float64, int16, int8 or uint8`);
  }
  if (/'fortran_order':\s*True/.test(text)) throw new Error("the array is in Fortran order; save it with numpy.ascontiguousarray");
  const shape = text.match(/'shape':\s*\(([\d,\s]*)\)/)?.[1];
  if (shape === undefined) throw new Error("the npy header has no shape");
  return { shape: shape.split(",").filter((part) => part.trim()).map(Number), type: kNpyTypes[type], data: first + length };
};

// The first windows of a file (a File or a Blob): {values, shape, cut}.
const readNpy = async (file) => {
  const head = new Uint8Array(await file.slice(0, kMostHeader + 16).arrayBuffer());
  const { shape, type, data } = parseNpyHeader(head);
  const rows = shape[0] ?? 0;
  const perRow = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const rowBytes = perRow * type.bytes;
  if (shape.length < 2 || rows < 1 || perRow < 1 || !Number.isSafeInteger(rows * rowBytes)) {
    throw new Error(`the array is [${shape}]; expected windows [n, channels, frames] or packets [n, channels]`);
  }
  if (data + rows * rowBytes > file.size) {
    throw new Error(`the file ends early: [${shape}] takes ${data + rows * rowBytes} bytes, it has ${file.size}`);
  }
  const kept = Math.min(rows, Math.max(1, Math.floor(kMostNpyBytes / rowBytes)));
  if (rowBytes > kMostNpyBytes) throw new Error(`one window takes ${rowBytes} bytes`);
  const view = new DataView(await file.slice(data, data + kept * rowBytes).arrayBuffer());
  const values = new Float32Array(kept * perRow);
  for (let i = 0; i < values.length; ++i) values[i] = type.read(view, i * type.bytes) * type.scale;
  return { values, shape: [kept, ...shape.slice(1)], cut: rows - kept };
};
