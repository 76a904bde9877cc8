// The picture of a pose: bones, joints and the trail of what was before, over
// nothing or over a video.

// Of 15 joints in the order of the WiFlow data; joints of other networks are
// points without bones.
const kBones = [[0, 1], [1, 8], [1, 2], [2, 3], [3, 4], [1, 5], [5, 6], [6, 7], [8, 9], [8, 12], [9, 10], [10, 11], [12, 13], [13, 14]];
const kRightSide = new Set([2, 3, 4, 9, 10, 11]);
const kLeftSide = new Set([5, 6, 7, 12, 13, 14]);

// A result of [joints, 2 or 3] is a pose; anything else are scores.
const poseShape = (shape) => {
  const axes = shape.filter((extent) => extent > 1);
  const dims = axes[axes.length - 1];
  if (axes.length !== 2 || (dims !== 2 && dims !== 3)) return null;
  return { joints: axes[0], dims, bones: axes[0] === 15 ? kBones : [] };
};

const fitCanvas = (canvas) => {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
};

// The box that poses of the last seconds were in; it grows at once and shrinks
// slowly, so that the picture doesn't jump.
class PoseBox {
  #box = null;

  clear() { this.#box = null; }

  add(pose, { joints, dims }) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let j = 0; j < joints; ++j) {
      const [x, y] = [pose[j * dims], pose[j * dims + 1]];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    if (box[0] > box[2]) return;
    const old = this.#box ?? box;
    this.#box = box.map((value, i) => {
      const outside = i < 2 ? value < old[i] : value > old[i];
      return outside ? value : old[i] + 0.004 * (value - old[i]);
    });
  }

  // Pose to canvas, proportions kept.
  placing(width, height) {
    const [left, top, right, bottom] = this.#box ?? [0, 0, 1, 1];
    const margin = 0.12 * Math.min(width, height);
    const scale = Math.min((width - 2 * margin) / Math.max(right - left, 1e-6), (height - 2 * margin) / Math.max(bottom - top, 1e-6));
    return (x, y) => [width / 2 + (x - (left + right) / 2) * scale, height / 2 + (y - (top + bottom) / 2) * scale];
  }
}

// Where the picture of a video lies that keeps its proportions, and how a pose of
// `unit` pixels comes there.
const placingOnVideo = (video, unit, width, height) => {
  const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
  const [left, top] = [(width - scale * video.videoWidth) / 2, (height - scale * video.videoHeight) / 2];
  return (x, y) => [left + x * unit * scale, top + y * unit * scale];
};

const sideColour = (joint, colours) =>
  kRightSide.has(joint) ? colours.right : kLeftSide.has(joint) ? colours.left : colours.middle;

const drawPose = (context, pose, { joints, dims, bones }, place, colours, width) => {
  const at = (j) => place(pose[j * dims], pose[j * dims + 1]);
  context.lineCap = "round";
  context.lineWidth = width;
  for (const [from, to] of bones) {
    const [a, b] = [at(from), at(to)];
    if (![...a, ...b].every(Number.isFinite)) continue;
    context.strokeStyle = sideColour(to, colours);
    context.beginPath();
    context.moveTo(...a);
    context.lineTo(...b);
    context.stroke();
  }
  for (let j = 0; j < joints; ++j) {
    const [x, y] = at(j);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    context.fillStyle = sideColour(bones.length > 0 ? j : -1, colours);
    context.beginPath();
    context.arc(x, y, (j === 0 && bones.length > 0 ? 2.6 : 1.25) * width, 0, 2 * Math.PI);
    context.fill();
  }
};

// Older poses fainter. poses: the newest last.
const drawTrail = (context, poses, shape, place, colours) => {
  poses.forEach((pose, i) => {
    context.globalAlpha = 0.03 + 0.17 * ((i + 1) / poses.length) ** 2;
    drawPose(context, pose, shape, place, colours, 3);
  });
  context.globalAlpha = 1;
};
