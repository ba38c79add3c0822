"use strict";
// How much does it take: the fast gradient sign method beside noise of the same size.
{
  const { _, N_, element, generator, dense, denseBack, relu, softmax } = chapter6;
  const PIXELS = 784, SIDE = 28, CLASSES = 10;
  const attack = {};
  chapter6.attack = attack;

  attack.load = arrays => ({
    W1: chapter6.weights(arrays, "classifier 0"), b1: arrays["classifier 1"],
    W2: chapter6.weights(arrays, "classifier 2"), b2: arrays["classifier 3"],
  });

  const hiddenOf = (net, x) => relu(dense(x, 1, net.W1, net.b1, net.b1.length));
  attack.logits = (net, x) => dense(hiddenOf(net, x), 1, net.W2, net.b2, CLASSES);

  // The gradient of the cross-entropy by the pixels.
  attack.gradient = (net, x, label) => {
    const hidden = hiddenOf(net, x);
    const slopes = softmax(dense(hidden, 1, net.W2, net.b2, CLASSES));
    slopes[label] -= 1;
    // As large as if the network were unsure, or it would be rounded to 0; its signs are the same.
    const size = Math.max(...slopes.map(Math.abs)) || 1;
    const atHidden = denseBack(slopes.map(slope => slope / size), 1, net.W2, CLASSES);
    return denseBack(atHidden.map((value, index) => hidden[index] > 0 ? value : 0), 1, net.W1, net.b1.length);
  };

  const clip = value => Math.max(0, Math.min(1, value));
  // x' = x + ε sign(∇_x J(θ, x, y)), cut off to [0, 1]
  attack.fgsm = (net, x, label, epsilon) => {
    const gradient = attack.gradient(net, x, label);
    return x.map((value, index) => clip(value + epsilon * Math.sign(gradient[index])));
  };
  // x' = x + ε s, each s = 1 or -1 with equal chances
  attack.noise = (x, epsilon, seed) => {
    const random = generator(seed);
    return x.map(value => clip(value + (random() < 0.5 ? -epsilon : epsilon)));
  };

  chapter6.plaything("attack", (stage, arrays) => {
    const net = attack.load(arrays);
    const images = Float32Array.from(arrays.digits, value => value / 15);
    const count = arrays.labels.length;
    const state = { digit: 13, epsilon: 0.08, seed: 1 };
    const imageOf = number => images.subarray(number * PIXELS, (number + 1) * PIXELS);
    const label = () => arrays.labels[state.digit];

    const makePanel = (english, title) => {
      const panel = { pixels: new Float32Array(PIXELS), shade: undefined };
      panel.canvas = chapter6.canvas({
        name: english, label: english, ratio: "1",
        draw: (context, width) => chapter6.drawPixels(context, panel.pixels, SIDE, 0, 0, width, panel.shade),
      });
      const bars = Array.from({ length: CLASSES }, (unused, digit) => {
        const bar = element("i"), meter = element("div", { class: "meter" }, bar), value = element("output"), name = element("span", {}, String(digit));
        return { bar, meter, value, name };
      });
      panel.node = element("div", { class: "pane", style: "flex: 1 1 9rem; max-width: 18rem" }, element("p", { class: "caption" }, title), panel.canvas,
        element("div", { class: "bars" }, ...bars.flatMap(({ name, meter, value }) => [name, meter, value])));
      panel.show = pixels => {
        panel.pixels = pixels;
        const shares = softmax(attack.logits(net, pixels));
        const top = shares.indexOf(Math.max(...shares));
        panel.node.dataset.top = top;
        bars.forEach(({ bar, meter, value, name }, digit) => {
          bar.style.width = `${100 * shares[digit]}%`;
          value.textContent = `${(100 * shares[digit]).toFixed(0)}%`;
          name.classList.toggle("top", digit === top);
          meter.classList.toggle("wrong", digit === top && top !== label());
        });
        panel.canvas.redraw();
      };
      return panel;
    };
    const original = makePanel(N_("The digit"), _("the digit"));
    const attacked = makePanel(N_("The attacked digit"), _("attacked"));
    const noisy = makePanel(N_("The digit with noise"), _("with noise of the same size"));

    const change = chapter6.canvas({
      name: "change", label: N_("The attack's change, enlarged to black and white"), ratio: "1",
      draw(context, width) {
        const x = imageOf(state.digit);
        const difference = attacked.pixels.map((value, index) => 0.5 + (state.epsilon ? (value - x[index]) / (2 * state.epsilon) : 0));
        chapter6.drawPixels(context, difference, SIDE, 0, 0, width);
      },
    });

    const turning = element("output", { name: "turning" });
    function show() {
      const x = imageOf(state.digit);
      original.show(x);
      attacked.show(attack.fgsm(net, x, label(), state.epsilon));
      noisy.show(attack.noise(x, state.epsilon, state.seed));
      change.redraw();
      gallery.redraw();
    }
    // The smallest ε of the slider at which the answer is another.
    function smallest(make) {
      for (let step = 0; step <= 50; step++) {
        const logits = attack.logits(net, make(step / 100));
        if (logits.indexOf(Math.max(...logits)) !== label()) return (step / 100).toFixed(2);
      }
      return "> 0.50";
    }
    function tell() {
      const x = imageOf(state.digit);
      turning.replaceChildren(_("The answer turns at ε = {attack} under attack, {noise} with noise.", {
        attack: smallest(epsilon => attack.fgsm(net, x, label(), epsilon)),
        noise: smallest(epsilon => attack.noise(x, epsilon, state.seed)),
      }));
    }
    // On a phone in more rows, so that a finger hits one.
    const COLUMNS = innerWidth < 500 ? 10 : 20;
    const gallery = chapter6.canvas({
      name: "digits", label: N_("Digits to choose from: click or tap one, or move by the arrow keys"), ratio: `${COLUMNS} / ${Math.ceil(count / COLUMNS)}`, touch: true,
      draw(context, width) {
        const size = width / COLUMNS;
        for (let i = 0; i < count; i++) {
          const [x, y] = [(i % COLUMNS) * size, Math.floor(i / COLUMNS) * size];
          chapter6.drawPixels(context, imageOf(i), SIDE, x, y, size - 1);
          if (i !== state.digit) continue;
          context.strokeStyle = "#ffb000";
          context.lineWidth = 3;
          context.strokeRect(x + 1.5, y + 1.5, size - 4, size - 4);
        }
      },
    });
    const rows = Math.ceil(count / COLUMNS);
    chapter6.pointed(gallery, (x, y) => {
      const column = Math.min(COLUMNS - 1, Math.floor(x * COLUMNS)), row = Math.min(rows - 1, Math.floor(y * rows));
      state.digit = Math.min(count - 1, row * COLUMNS + column);
      show();
      tell();
    }, () => [(state.digit % COLUMNS + 0.5) / COLUMNS, (Math.floor(state.digit / COLUMNS) + 0.5) / rows], [1 / COLUMNS, 1 / rows]);

    stage.append(
      gallery,
      element("div", { class: "row tight" },
        chapter6.slider({
          name: "epsilon", label: _("ε, the change of each pixel (of 1)"), min: 0, max: 0.5, step: 0.01, value: state.epsilon, format: value => value.toFixed(2),
          oninput: value => {
            state.epsilon = value;
            show();
          },
        }),
        chapter6.button("noise", _("Other noise"), () => {
          state.seed += 1;
          show();
          tell();
        })),
      element("p", {}, turning),
      element("div", { class: "row" }, original.node,
        element("div", { class: "pane", style: "flex: 1 1 9rem; max-width: 18rem" }, element("p", { class: "caption" }, _("the attack's change, enlarged")), change),
        attacked.node, noisy.node),
    );
    attack.state = state;
    show();
    tell();
    return state;
  });
}
