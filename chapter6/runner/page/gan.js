"use strict";
// Walk through the generator: the lecture's networks, and the two updates of an iteration.
{
  const { _, N_, element, generator, dense, denseBack, sigmoid } = chapter6;
  const NAMES = ["G_W1", "G_b1", "G_W2", "G_b2", "D_W1", "D_b1", "D_W2", "D_b2"];
  const [LATENT, HIDDEN, PIXELS, SIDE] = [100, 128, 784, 28];
  const BATCH = 32;
  const softplus = value => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));

  const gan = {};
  chapter6.gan = gan;

  gan.load = (arrays, number) => Object.fromEntries(
    NAMES.map(name => [name, chapter6.weights(arrays, `generator ${number} ${name}`)]),
  );

  // The slides' xavier_init: N(0, 2 / m); biases are 0.
  gan.untrained = seed => {
    const random = generator(seed);
    const kernel = (m, n) => Float32Array.from({ length: m * n }, () => Math.sqrt(2 / m) * chapter6.normal(random));
    return {
      G_W1: kernel(LATENT, HIDDEN), G_b1: new Float32Array(HIDDEN), G_W2: kernel(HIDDEN, PIXELS), G_b2: new Float32Array(PIXELS),
      D_W1: kernel(PIXELS, HIDDEN), D_b1: new Float32Array(HIDDEN), D_W2: kernel(HIDDEN, 1), D_b2: new Float32Array(1),
    };
  };

  gan.noise = (rows, seed) => {
    const random = generator(seed);
    return Float32Array.from({ length: rows * LATENT }, () => 2 * random() - 1);
  };

  gan.generate = (net, noise, rows = 1) => {
    const hidden = chapter6.relu(dense(noise, rows, net.G_W1, net.G_b1, HIDDEN));
    return dense(hidden, rows, net.G_W2, net.G_b2, PIXELS).map(sigmoid);
  };

  gan.logits = (net, images, rows = 1) => {
    const hidden = chapter6.relu(dense(images, rows, net.D_W1, net.D_b1, HIDDEN));
    return dense(hidden, rows, net.D_W2, net.D_b2, 1);
  };

  const zeros = (net, names) => Object.fromEntries(names.map(name => [name, new Float32Array(net[name].length)]));

  const addOuter = (sums, x, gradient) => {
    const n = gradient.length;
    for (let i = 0; i < x.length; i++) {
      if (x[i] === 0) continue;
      for (let j = 0; j < n; j++) sums[i * n + j] += x[i] * gradient[j];
    }
  };
  const add = (sums, gradient) => gradient.forEach((value, index) => { sums[index] += value; });
  const masked = (gradient, hidden) => gradient.map((value, index) => hidden[index] > 0 ? value : 0);

  // Adam with TensorFlow 1's constants; slots hold t and the moments m and v of each variable.
  gan.adam = (net, gradients, slots) => {
    const [e, rho1, rho2, delta] = [1e-3, Math.fround(0.9), Math.fround(0.999), 1e-8];
    slots.t += 1;
    const rate = e * Math.sqrt(1 - rho2 ** slots.t) / (1 - rho1 ** slots.t);
    for (const [name, gradient] of Object.entries(gradients)) {
      const { m, v } = slots[name] ??= { m: new Float32Array(gradient.length), v: new Float32Array(gradient.length) };
      const weights = net[name];
      for (let i = 0; i < gradient.length; i++) {
        m[i] += (gradient[i] - m[i]) * (1 - rho1);
        v[i] += (gradient[i] * gradient[i] - v[i]) * (1 - rho2);
        weights[i] -= rate * m[i] / (Math.sqrt(v[i]) + delta);
      }
    }
  };

  // One update of D on real images and on fakes made of noise, image after image; returns the loss before it.
  gan.discriminatorStep = function* (net, slots, real, noise) {
    const rows = noise.length / LATENT;
    const gradients = zeros(net, ["D_W1", "D_b1", "D_W2", "D_b2"]);
    let loss = 0;
    for (let row = 0; row < 2 * rows; row++) {
      const fake = row >= rows;
      const x = fake
        ? gan.generate(net, noise.subarray((row - rows) * LATENT, (row - rows + 1) * LATENT))
        : real.subarray(row * PIXELS, (row + 1) * PIXELS);
      const hidden = chapter6.relu(dense(x, 1, net.D_W1, net.D_b1, HIDDEN));
      const logit = dense(hidden, 1, net.D_W2, net.D_b2, 1)[0];
      // D_loss_real = -E[log D(x)],  D_loss_fake = -E[log(1 - D(G(z)))]
      loss += softplus(fake ? logit : -logit) / rows;
      const slope = (fake ? sigmoid(logit) : sigmoid(logit) - 1) / rows;
      const back = masked(net.D_W2.map(weight => slope * weight), hidden);
      addOuter(gradients.D_W2, hidden, [slope]);
      gradients.D_b2[0] += slope;
      addOuter(gradients.D_W1, x, back);
      add(gradients.D_b1, back);
      yield;
    }
    gan.adam(net, gradients, slots);
    return loss;
  };

  // One update of G on fakes made of noise; returns the loss before it.
  gan.generatorStep = function* (net, slots, noise) {
    const rows = noise.length / LATENT;
    const gradients = zeros(net, ["G_W1", "G_b1", "G_W2", "G_b2"]);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const z = noise.subarray(row * LATENT, (row + 1) * LATENT);
      const inner = chapter6.relu(dense(z, 1, net.G_W1, net.G_b1, HIDDEN));
      const x = dense(inner, 1, net.G_W2, net.G_b2, PIXELS).map(sigmoid);
      const hidden = chapter6.relu(dense(x, 1, net.D_W1, net.D_b1, HIDDEN));
      const logit = dense(hidden, 1, net.D_W2, net.D_b2, 1)[0];
      // G_loss = -E[log D(G(z))]
      loss += softplus(-logit) / rows;
      const slope = (sigmoid(logit) - 1) / rows;
      const atD = masked(net.D_W2.map(weight => slope * weight), hidden);
      const atX = denseBack(atD, 1, net.D_W1, HIDDEN).map((value, index) => value * x[index] * (1 - x[index]));
      const atG = masked(denseBack(atX, 1, net.G_W2, PIXELS), inner);
      addOuter(gradients.G_W2, inner, atX);
      add(gradients.G_b2, atX);
      addOuter(gradients.G_W1, z, atG);
      add(gradients.G_b1, atG);
      yield;
    }
    gan.adam(net, gradients, slots);
    return loss;
  };

  // The noise at a place (x, y) between four, each from 0 to 1.
  gan.between = (corners, x, y) => {
    const [a, b, c, d] = [0, 1, 2, 3].map(i => corners.subarray(i * LATENT, (i + 1) * LATENT));
    return a.map((value, i) => (1 - y) * ((1 - x) * value + x * b[i]) + y * ((1 - x) * c[i] + x * d[i]));
  };

  // On a phone in more rows, so that each digit is large.
  const COLUMNS = innerWidth < 500 ? 8 : 16, ROWS = 64 / COLUMNS, MAP = 6;

  chapter6.plaything("gan", (stage, arrays) => {
    const generators = chapter6.about.generators.map((each, number) => ({ ...each, net: gan.load(arrays, number) }));
    const lecture = [{ iteration: 0, net: gan.untrained(1) }, ...generators.filter(each => each.recipe === "lecture")];
    const improved = generators.find(each => each.recipe === "improved");
    const state = { stop: 0, x: 0.5, y: 0.5, seed: 3, net: null, slots: null, losses: [], steps: 0 };
    const fixed = gan.noise(COLUMNS * ROWS, 7);
    let grid = new Float32Array(COLUMNS * ROWS * PIXELS);
    let map = new Float32Array(MAP * MAP * PIXELS);
    let corners = gan.noise(4, state.seed);

    const hero = chapter6.canvas({
      name: "grid", label: N_("64 samples of the generator"), ratio: `${COLUMNS} / ${ROWS}`,
      draw(context, width) {
        const size = width / COLUMNS;
        for (let i = 0; i < COLUMNS * ROWS; i++) {
          const pixels = grid.subarray(i * PIXELS, (i + 1) * PIXELS);
          chapter6.drawPixels(context, pixels, SIDE, (i % COLUMNS) * size, Math.floor(i / COLUMNS) * size, size - 1);
        }
      },
    });
    const pad = chapter6.canvas({
      name: "pad", label: N_("Digits between four noise vectors; drag the point, or move it by the arrow keys"), ratio: "1", touch: true,
      draw(context, width, height) {
        const size = width / MAP;
        context.fillStyle = "#000";
        context.fillRect(0, 0, width, height);
        context.globalAlpha = 0.65;
        for (let i = 0; i < MAP * MAP; i++) {
          const pixels = map.subarray(i * PIXELS, (i + 1) * PIXELS);
          chapter6.drawPixels(context, pixels, SIDE, (i % MAP) * size, Math.floor(i / MAP) * size, size);
        }
        context.globalAlpha = 1;
        context.lineWidth = 3;
        context.strokeStyle = "#ffb000";
        context.beginPath();
        // The digits stand in the middle of their squares.
        context.arc(place(state.x) * width, place(state.y) * height, 11, 0, 7);
        context.stroke();
      },
    });
    const place = t => (0.5 + t * (MAP - 1)) / MAP;
    const unplace = t => Math.max(0, Math.min(1, (t * MAP - 0.5) / (MAP - 1)));

    const result = english => {
      const view = { pixels: new Float32Array(PIXELS) };
      view.canvas = chapter6.canvas({
        name: english, label: english, ratio: "1",
        draw: (context, width) => chapter6.drawPixels(context, view.pixels, SIDE, 0, 0, width),
      });
      view.meter = element("i");
      view.output = element("output");
      view.title = element("p", { class: "caption" });
      view.node = element("div", { class: "pane", style: "flex-basis: 9rem; flex-grow: 1; max-width: 16rem" }, view.title, view.canvas,
        element("p", { class: "caption" }, _("D says: real with probability"), " ", view.output),
        element("div", { class: "meter" }, view.meter));
      view.show = (net, noise) => {
        view.pixels = gan.generate(net, noise);
        const real = sigmoid(gan.logits(net, view.pixels)[0]);
        view.meter.style.width = `${100 * real}%`;
        view.output.textContent = real.toFixed(2);
        view.canvas.redraw();
      };
      return view;
    };
    const left = result(N_("The lecture's generator"));
    const right = result(N_("The improved recipe's generator"));
    right.title.append(_("improved, {count} iterations", { count: (improved?.iteration ?? 0).toLocaleString("en") }));

    function showPoint() {
      const noise = gan.between(corners, state.x, state.y);
      left.show(state.net, noise);
      if (improved) right.show(improved.net, noise);
      pad.redraw();
    }
    function* samples() {
      const newGrid = new Float32Array(grid.length);
      for (let i = 0; i < COLUMNS * ROWS; i++) {
        newGrid.set(gan.generate(state.net, fixed.subarray(i * LATENT, (i + 1) * LATENT)), i * PIXELS);
        yield;
      }
      grid = newGrid;
      hero.redraw();
      const newMap = new Float32Array(map.length);
      for (let i = 0; i < MAP * MAP; i++) {
        const noise = gan.between(corners, (i % MAP) / (MAP - 1), Math.floor(i / MAP) / (MAP - 1));
        newMap.set(gan.generate(state.net, noise), i * PIXELS);
        yield;
      }
      map = newMap;
      pad.redraw();
    }
    const showAll = () => {
      showPoint();
      chapter6.slices("gan samples", samples(), () => { /* They are drawn. */ });
    };

    const iterations = () => lecture[state.stop].iteration;
    const count = () => `${iterations().toLocaleString("en")}${state.steps ? ` + ${state.steps}` : ""}`;
    function choose(stop) {
      state.stop = stop;
      state.net = Object.fromEntries(NAMES.map(name => [name, lecture[stop].net[name].slice()]));
      state.slots = { D: { t: 0 }, G: { t: 0 } };
      state.losses = [];
      state.steps = 0;
      tell();
      showAll();
    }
    const losses = element("output", { name: "losses" });
    function tell() {
      left.title.replaceChildren(_("the lecture's, {count} iterations", { count: count() }));
      const last = state.losses.at(-1);
      losses.replaceChildren(last ? _("D's loss {d}, G's loss {g}", { d: last[0].toFixed(3), g: last[1].toFixed(3) }) : "");
    }

    let busy = false;
    const images = Float32Array.from(arrays.digits, value => value / 15);
    function* iteration() {
      const random = generator(1000 * state.stop + state.steps);
      const real = new Float32Array(BATCH * PIXELS);
      for (let row = 0; row < BATCH; row++) {
        const chosen = Math.floor(random() * arrays.labels.length);
        real.set(images.subarray(chosen * PIXELS, (chosen + 1) * PIXELS), row * PIXELS);
      }
      const noise = () => Float32Array.from({ length: BATCH * LATENT }, () => 2 * random() - 1);
      const dLoss = yield* gan.discriminatorStep(state.net, state.slots.D, real, noise());
      const gLoss = yield* gan.generatorStep(state.net, state.slots.G, noise());
      return [dLoss, gLoss];
    }
    function step() {
      if (busy) return;
      busy = true;
      chapter6.slices("gan step", iteration(), result => {
        busy = false;
        state.losses.push(result);
        state.steps += 1;
        tell();
        showAll();
        if (train.getAttribute("aria-pressed") === "true") requestAnimationFrame(step);
      });
    }
    const train = chapter6.toggle("train", _("Train on"), on => on && step());

    let timer = null;
    const play = chapter6.toggle("play", _("Play"), on => {
      clearInterval(timer);
      if (on) {
        timer = setInterval(() => {
          if (!document.hidden) slider.go((state.stop + 1) % lecture.length);
        }, 1600);
      }
    });
    const slider = chapter6.slider({
      name: "iteration", label: _("Iterations"), min: 0, max: lecture.length - 1, step: 1, value: 0,
      format: stop => lecture[stop].iteration.toLocaleString("en"),
      oninput: stop => {
        if (play.getAttribute("aria-pressed") === "true") play.click();
        choose(stop);
      },
    });
    slider.go = stop => {
      slider.set(stop);
      choose(stop);
    };

    chapter6.pointed(pad, (x, y, kind) => {
      [state.x, state.y] = kind === "key" ? [x, y] : [unplace(x), unplace(y)];
      showPoint();
    }, () => [state.x, state.y]);

    stage.append(
      hero,
      element("div", { class: "row tight" }, slider, play),
      element("div", { class: "row" },
        element("div", { class: "pane", style: "flex: 1 1 15rem; max-width: 24rem" },
          element("p", { class: "caption" }, _("Between four noise vectors")), pad),
        left.node, improved ? right.node : ""),
      element("div", { class: "row tight" },
        chapter6.button("corners", _("Other digits"), () => {
          corners = gan.noise(4, ++state.seed);
          showAll();
        }),
        chapter6.button("step", _("Step: one update of D, one of G"), step), train, losses),
      element("p", { class: "note" },
        _("A step here takes 32 of the page's 60 digits, and Adam begins with empty moments.")),
    );
    gan.state = state;
    // Moving, or else at the end.
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    slider.go(still ? lecture.length - 1 : 0);
    if (!still) play.click();
    return state;
  });
}
