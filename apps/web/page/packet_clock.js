// Packets on a fixed clock, as windows are made of: step k is at k / rate seconds,
// its values lie on the line between the packets around it. Where packets are too
// far apart there is nothing, and no window crosses that.

const kMaxGapSeconds = 0.2;
const kMaxGapSteps = 4;

// Steps in a ring of `capacity`; step `count - 1` is the newest.
class StepTrack {
  constructor(channels, rate, capacity) {
    Object.assign(this, { channels, rate, capacity, count: 0 });
    this.values = new Float32Array(channels * capacity);
    this.filled = new Uint8Array(capacity);
  }

  append(values) {
    const at = this.count % this.capacity;
    this.filled[at] = values === null ? 0 : 1;
    if (values !== null) this.values.set(values, at * this.channels);
    ++this.count;
  }

  has(step) { return step >= 0 && step < this.count && step >= this.count - this.capacity; }

  // The values of a step, or null.
  at(step) {
    if (!this.has(step) || !this.filled[step % this.capacity]) return null;
    const first = (step % this.capacity) * this.channels;
    return this.values.subarray(first, first + this.channels);
  }

  // [channel][frame] of the steps before `end`, times `scale`; null where one is
  // missing.
  window(end, frames, scale) {
    const window = new Float32Array(this.channels * frames);
    for (let t = 0; t < frames; ++t) {
      const values = this.at(end - frames + t);
      if (values === null) return null;
      for (let c = 0; c < this.channels; ++c) window[c * frames + t] = values[c] * scale;
    }
    return window;
  }
}

// Of values in any order; NaN where there are none.
const percentile = (values, share) => {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
};

// A whole number where the median is within 2% of one.
const rateOf = (times) => {
  const steps = [];
  for (let i = 1; i < times.length; ++i) if (times[i] > times[i - 1]) steps.push(times[i] - times[i - 1]);
  const rate = 1 / percentile(steps, 0.5);
  if (!Number.isFinite(rate) || rate <= 0) return NaN;
  const whole = Math.round(rate);
  return Math.min(whole > 0 && Math.abs(rate - whole) <= 0.02 * whole ? whole : rate, 2000);
};

// Puts packets that arrive in any order of trouble on a track: older ones, doubled
// ones and ones of another width are counted and left out.
class PacketClock {
  #before = null;  // the newest packet
  #next = 0;  // the time of the next step
  counts = { late: 0, width: 0, gaps: 0 };

  constructor(track) { this.track = track; }

  push({ time, values }) {
    const { track } = this;
    if (values.length !== track.channels) return void ++this.counts.width;
    const before = this.#before;
    if (before !== null && time <= before.time) return void ++this.counts.late;
    if (before === null) {
      track.append(values);
      this.#next = time + 1 / track.rate;
    } else if (time - before.time > Math.max(kMaxGapSeconds, kMaxGapSteps / track.rate)) {
      ++this.counts.gaps;
      track.append(null);
      track.append(values);
      this.#next = time + 1 / track.rate;
    } else {
      this.#fill(before, time, values);
    }
    this.#before = { time, values };
  }

  #fill(before, time, values) {
    const mixed = new Float32Array(values.length);
    // Half a microsecond: what times of microseconds can be off by.
    for (; this.#next <= time + 5e-7; this.#next += 1 / this.track.rate) {
      const share = Math.min((this.#next - before.time) / (time - before.time), 1);
      for (let c = 0; c < mixed.length; ++c) mixed[c] = before.values[c] + share * (values[c] - before.values[c]);
      this.track.append(mixed);
    }
  }
}

// What values are multiplied by so that their 99th percentile is 1, as the
// importer's --scale p99; of at most a million of them.
const p99Scale = (packets) => {
  const every = Math.max(1, Math.ceil(packets.reduce((sum, values) => sum + values.length, 0) / 1e6));
  const some = [];
  let n = 0;
  for (const values of packets) for (const value of values) if (n++ % every === 0) some.push(value);
  const top = percentile(some, 0.99);
  return top > 0 ? 1 / top : 1;
};
