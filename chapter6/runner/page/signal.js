"use strict";
// A signal through fifty layers: activations forward, gradients back, with nothing learnt yet.
{
  const { _, N_, element, generator, normal, dense, denseBack } = chapter6;
  const DEPTH = 50, ROWS = 8, SHOWN = [1, 10, 20, 30, 40, 50];
  const signal = {};
  chapter6.signal = signal;

  const uniform = (random, limit) => limit * (2 * random() - 1);
  const matrix = (m, n, draw) => Float32Array.from({ length: m * n }, draw);

  // Kernels [m, n]: m inputs, n outputs.
  signal.initializers = {
    "too small (0.01)": (m, n, random) => matrix(m, n, () => 0.01 * normal(random)),
    "uniform, ±1/√m": (m, n, random) => matrix(m, n, () => uniform(random, 1 / Math.sqrt(m))),
    // W_ij ~ U(-sqrt(6 / (m + n)), +sqrt(6 / (m + n)))
    "equation 6-3": (m, n, random) => matrix(m, n, () => uniform(random, Math.sqrt(6 / (m + n)))),
    // W_ij ~ N(0, 2 / m)
    xavier_init: (m, n, random) => matrix(m, n, () => Math.sqrt(2 / m) * normal(random)),
    orthogonal: (m, n, random) => m >= n ? orthogonal(m, n, random) : transposed(orthogonal(n, m, random), n, m),
    // k = 15 of a unit's m inputs, N(0, 1)
    "sparse (k = 15)": (m, n, random) => {
      const kernel = new Float32Array(m * n);
      const inputs = Array.from({ length: m }, (unused, i) => i);
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < Math.min(15, m); k++) {
          const other = k + Math.floor(random() * (m - k));
          [inputs[k], inputs[other]] = [inputs[other], inputs[k]];
          kernel[inputs[k] * n + j] = normal(random);
        }
      }
      return kernel;
    },
  };
  void [N_("too small (0.01)"), N_("uniform, ±1/√m"), N_("equation 6-3"), N_("orthogonal"), N_("sparse (k = 15)")];

  // Columns of normal numbers made orthonormal one after another: the Q of Q R = A whose R has a positive diagonal.
  function orthogonal(m, n, random) {
    const columns = [];
    for (let j = 0; j < n; j++) {
      const column = Float64Array.from({ length: m }, () => normal(random));
      // Twice, against rounding.
      for (const other of [...columns, ...columns]) {
        let product = 0;
        for (let i = 0; i < m; i++) product += other[i] * column[i];
        for (let i = 0; i < m; i++) column[i] -= product * other[i];
      }
      const size = Math.hypot(...column);
      columns.push(column.map(value => value / size));
    }
    return transposed(Float32Array.from(columns.flatMap(column => [...column])), n, m);
  }

  function transposed(kernel, m, n) {
    const turned = new Float32Array(kernel.length);
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) turned[j * m + i] = kernel[i * n + j];
    return turned;
  }

  // Each activation and its slope, a function of its value.
  signal.activations = {
    linear: [z => z, () => 1],
    tanh: [Math.tanh, h => 1 - h * h],
    relu: [z => Math.max(z, 0), h => h > 0 ? 1 : 0],
    sigmoid: [chapter6.sigmoid, h => h * (1 - h)],
  };

  signal.spread = values => {
    let [sum, squares] = [0, 0];
    for (const value of values) sum += value;
    const mean = sum / values.length;
    for (const value of values) squares += (value - mean) ** 2;
    return Math.sqrt(squares / values.length);
  };

  // Widths of the layers, the input's first: m and n in turn.
  signal.widths = (m, n, depth = DEPTH) => Array.from({ length: depth + 1 }, (unused, layer) => layer % 2 ? n : m);

  // h <- phi(gain * h W) forward, and gradients back: what each layer holds, layer after layer.
  signal.propagate = function* (kernels, widths, gain, activation, inputs, top) {
    const [phi, slope] = signal.activations[activation];
    const rows = inputs.length / widths[0];
    const hidden = [inputs];
    for (let layer = 0; layer < kernels.length; layer++) {
      const z = dense(hidden[layer], rows, kernels[layer], null, widths[layer + 1]);
      hidden.push(z.map(value => phi(gain * value)));
      yield;
    }
    const gradients = [];
    gradients[kernels.length] = top;
    for (let layer = kernels.length; layer > 0; layer--) {
      const h = hidden[layer];
      const atZ = gradients[layer].map((value, index) => value * slope(h[index]) * gain);
      gradients[layer - 1] = denseBack(atZ, rows, kernels[layer - 1], widths[layer]);
      yield;
    }
    return { hidden, gradients };
  };

  chapter6.plaything("signal", stage => {
    const { gains } = chapter6.about;
    const state = { initializer: "equation 6-3", gain: 1, activation: "tanh", m: 64, n: 64, seed: 1, result: null };
    const drawn = { key: "", kernels: [] };

    function* compute() {
      const widths = signal.widths(state.m, state.n);
      const key = [state.initializer, state.m, state.n, state.seed].join();
      if (drawn.key !== key) {
        const random = generator(state.seed);
        const kernels = [];
        for (let layer = 0; layer < DEPTH; layer++) {
          kernels.push(signal.initializers[state.initializer](widths[layer], widths[layer + 1], random));
          yield;
        }
        Object.assign(drawn, { key, kernels });
      }
      const random = generator(state.seed + 1000);
      const draw = width => Float32Array.from({ length: ROWS * width }, () => normal(random));
      const inputs = draw(widths[0]);
      const { hidden, gradients } = yield* signal.propagate(drawn.kernels, widths, state.gain, state.activation, inputs, draw(widths[DEPTH]));
      return { hidden, forward: hidden.map(signal.spread), backward: gradients.map(signal.spread) };
    }

    const verdict = element("div", { class: "row", "data-name": "verdict" });
    function tell() {
      const { forward, backward } = state.result;
      const line = (text, change) => {
        const kept = change > 0.1 && change < 10;
        return element("span", { class: kept ? "good" : "bad" }, text, " ", `× ${change.toPrecision(2)}`);
      };
      verdict.replaceChildren(
        line(_("forward, from layer 1 to 50:"), forward[DEPTH] / forward[1]),
        line(_("back, from layer 50 to 1:"), backward[1] / backward[DEPTH]),
      );
    }
    function update() {
      chapter6.slices("signal", compute(), result => {
        state.result = result;
        tell();
        spreads.redraw();
        histograms.redraw();
      });
    }

    const FORWARD = "#0b8fb0", BACKWARD = "#e03131";
    const spreads = chapter6.canvas({
      name: "spreads", label: N_("Standard deviation of activations and gradients by layer"), ratio: "4 / 3",
      draw(context, width, height) {
        if (!state.result) return;
        const { forward, backward } = state.result;
        const clamp = value => Math.max(value, 1e-12);
        const least = limit => Math.max(1e-12, Math.min(limit, ...forward, ...backward) / 2);
        const most = limit => Math.min(1e12, Math.max(limit, ...forward, ...backward) * 2);
        const { font } = chapter6.chart(context, width, height, {
          series: [
            { values: forward.map(clamp), colour: FORWARD, wide: 3 },
            { values: backward.map(clamp), colour: BACKWARD, dash: [8, 4], wide: 3 },
          ],
          x: [0, DEPTH], y: [least(1e-3), most(1e3)], log: true, band: [0.1, 10],
          xLabel: chapter6.text(N_("layer")), yLabel: chapter6.text(N_("standard deviation")),
        });
        context.textAlign = "right";
        context.fillStyle = FORWARD;
        context.fillText(chapter6.text(N_("activations")), width - font, 2 * font);
        context.fillStyle = BACKWARD;
        context.fillText(chapter6.text(N_("gradients (dashed)")), width - font, 3.5 * font);
      },
    });
    const BINS = 41;
    const histograms = chapter6.canvas({
      name: "histograms", label: N_("Histograms of the activations of six layers"), ratio: "4 / 3",
      draw(context, width, height) {
        if (!state.result) return;
        const font = Math.max(12, 0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize));
        context.font = `${font}px system-ui, sans-serif`;
        const [left, top, each] = [5.2 * font, 1.6 * font, (height - 3.2 * font) / SHOWN.length];
        context.fillStyle = chapter6.colour("ink");
        context.textBaseline = "top";
        context.fillText(chapter6.text(N_("activations, from -2 to 2")), 0, 0);
        SHOWN.forEach((layer, row) => {
          const counts = new Float32Array(BINS);
          for (const value of state.result.hidden[layer]) {
            counts[Math.max(0, Math.min(BINS - 1, Math.floor((value + 2) / 4 * BINS)))] += 1;
          }
          const most = Math.max(...counts), bottom = top + (row + 1) * each;
          context.fillStyle = chapter6.colour("faint");
          context.textBaseline = "alphabetic";
          context.textAlign = "left";
          context.fillText(chapter6.text(N_("layer {number}")).replace("{number}", layer), 0, bottom - 2);
          context.fillStyle = FORWARD;
          const wide = (width - left) / BINS;
          counts.forEach((count, bin) => {
            const tall = count / most * (each - 5);
            context.fillRect(left + bin * wide, bottom - tall, wide - 1, tall);
          });
          context.fillStyle = chapter6.colour("line");
          context.fillRect(left, bottom, width - left, 1);
        });
        context.fillStyle = chapter6.colour("faint");
        context.textBaseline = "top";
        ["-2", "0", "2"].forEach((tick, index) => {
          context.textAlign = ["left", "center", "right"][index];
          context.fillText(tick, left + index * (width - left) / 2, top + SHOWN.length * each + 3);
        });
      },
    });

    const gain = chapter6.slider({
      name: "gain", label: _("Gain"), min: 0.3, max: 3, step: 0.01, value: 1, format: value => value.toFixed(2),
      oninput: value => {
        state.gain = value;
        update();
      },
    });
    const width = (name, label) => chapter6.slider({
      name, label, min: 16, max: 96, step: 16, value: 64,
      oninput: value => {
        state[name] = value;
        update();
      },
    });
    stage.append(
      element("div", { class: "row tight" },
        chapter6.choice("initializer", _("Initializer"), Object.keys(signal.initializers).map(name => [name, name]), state.initializer, name => {
          state.initializer = name;
          update();
        }),
        chapter6.choice("activation", _("Activation"), Object.keys(signal.activations).map(name => [name, name]), state.activation, name => {
          state.activation = name;
          update();
        }),
        chapter6.button("tuned", _("The activation's own gain"), () => {
          state.gain = gains[state.activation];
          gain.set(state.gain);
          update();
        }),
        chapter6.button("draw", _("Draw again"), () => {
          state.seed += 1;
          update();
        })),
      element("div", { class: "row" }, gain, width("m", _("m, units of even layers")), width("n", _("n, units of odd layers"))),
      verdict,
      element("div", { class: "row" }, element("div", { class: "grow" }, spreads), element("div", { class: "grow" }, histograms)),
      element("p", { class: "note" }, _("Green: changed by less than a factor of 10, the grey band.")),
    );
    void N_("linear");
    signal.state = state;
    update();
    return state;
  });
}
