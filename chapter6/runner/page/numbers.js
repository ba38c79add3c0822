"use strict";
// What the playthings compute with: their data, random numbers, layers of a network.
const chapter6 = {};
{
  const parsed = id => JSON.parse(document.getElementById(id).textContent);
  const types = { int8: Int8Array, uint8: Uint8Array, float32: Float32Array };

  async function unpack({ arrays, bytes }) {
    const packed = Uint8Array.from(atob(bytes), character => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    const found = {};
    let offset = 0;
    for (const [name, type, shape] of arrays) {
      const size = shape.reduce((product, length) => product * length, 1);
      found[name] = new types[type](buffer, offset, size);
      offset += found[name].byteLength;
    }
    return found;
  }

  // Marks a text for the catalogue.
  chapter6.N_ = english => english;
  chapter6.about = parsed("data");
  chapter6.translations = parsed("texts");
  chapter6.arrays = unpack(chapter6.about);

  // Weights: a whole number times the factor of its column.
  chapter6.weights = (arrays, name) => {
    const scale = arrays[`${name}/scale`];
    if (!scale) return arrays[name];
    return Float32Array.from(arrays[name], (value, index) => value * scale[index % scale.length]);
  };

  // Mulberry32: numbers in [0, 1) that are a function of the seed.
  chapter6.generator = seed => {
    let state = seed >>> 0;
    return () => {
      state = state + 0x6D2B79F5 | 0;
      let t = Math.imul(state ^ state >>> 15, 1 | state);
      t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
      return ((t ^ t >>> 14) >>> 0) / 4294967296;
    };
  };

  // Box and Muller: a normal number of two uniform ones.
  chapter6.normal = random => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  // rows of m inputs times W [m, n], plus b [n].
  chapter6.dense = (inputs, rows, kernel, bias, n) => {
    const m = inputs.length / rows;
    const outputs = new Float32Array(rows * n);
    for (let row = 0; row < rows; row++) {
      const start = row * n;
      if (bias) outputs.set(bias, start);
      for (let i = 0; i < m; i++) {
        const x = inputs[row * m + i];
        if (x === 0) continue;
        const at = i * n;
        for (let j = 0; j < n; j++) outputs[start + j] += x * kernel[at + j];
      }
    }
    return outputs;
  };

  // rows of n gradients times W^T, the gradients of the m inputs.
  chapter6.denseBack = (gradients, rows, kernel, n) => {
    const m = kernel.length / n;
    const outputs = new Float32Array(rows * m);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < m; i++) {
        let sum = 0;
        const at = i * n;
        for (let j = 0; j < n; j++) sum += gradients[row * n + j] * kernel[at + j];
        outputs[row * m + i] = sum;
      }
    }
    return outputs;
  };

  chapter6.relu = values => values.map(value => value > 0 ? value : 0);
  chapter6.sigmoid = value => value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value));
  chapter6.softmax = logits => {
    const largest = Math.max(...logits);
    const powers = Array.from(logits, logit => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map(power => power / sum);
  };

  // A long computation, a JavaScript generator, a few milliseconds of every frame; another of the same owner
  // takes the place of one that is not done.
  const running = new Map();
  chapter6.slices = (owner, computation, done) => {
    running.set(owner, computation);
    const slice = () => {
      if (running.get(owner) !== computation) return;
      // The computations of a frame share its time.
      const until = performance.now() + 5 / running.size;
      for (;;) {
        const { value, done: finished } = computation.next();
        if (finished) {
          running.delete(owner);
          done(value);
          return;
        }
        if (performance.now() > until) break;
      }
      requestAnimationFrame(slice);
    };
    requestAnimationFrame(slice);
  };
}
