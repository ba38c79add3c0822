"use strict";
// The optimizers' race: the six of optimizers.js, watched.
{
  const { _, N_, element, race } = chapter6;

  // A name that is translated where it is shown.
  void N_("momentum");
  const COLOURS = ["#8a8a8a", "#0b8fb0", "#e08a00", "#2f9e44", "#9c4dcc", "#e03131"];
  const SYMBOLS = {
    SGD: [["θ", "θ ← θ − e g"]],
    momentum: [["v", "v ← α v − e g"], ["θ", "θ ← θ + v"]],
  };
  const BOXES = { AdaGrad: "AdaGrad", RMSProp: "RMSProp", "RMSProp+Nesterov": "RMSPropNesterov", Adam: "Adam" };
  const LONGEST = 1000;

  const short = value => {
    if (value === undefined) return "";
    if (Array.isArray(value)) return `(${value.map(short).join(", ")})`;
    return Number.isInteger(value) ? String(value) : Number(value).toPrecision(3);
  };

  chapter6.plaything("race", stage => {
    const names = Object.keys(race.optimizers);
    const { objectives, rates, boxes } = chapter6.about;
    const of = name => objectives.find(each => each[0] === name);
    const state = { objective: "bowl", angle: 0, stretch: 1, noise: 0, chosen: "Adam", α: 0.9, steps: 0, start: [-5, -2], rate: {}, shown: new Set(names) };
    let loss, runs, backdrop;

    const view = () => of(state.objective)[2];
    function remake() {
      const [left, right, low, high] = view();
      loss = race.turned(race.objectives[state.objective], state.angle * Math.PI / 180, state.stretch, [(left + right) / 2, (low + high) / 2]);
      backdrop = null;
      restart();
    }
    function useBestRates() {
      const index = objectives.findIndex(each => each[0] === state.objective);
      for (const name of names) state.rate[name] = rates[name][index];
    }
    function restart() {
      state.steps = 0;
      const [first] = loss(state.start);
      runs = names.map(name => ({ name, state: race.begin(name, state.start), path: [state.start], losses: [first] }));
      show();
    }
    function step() {
      const random = chapter6.generator(state.steps);
      // All are given the same noise.
      const noise = [0, 0].map(() => state.noise * chapter6.normal(random));
      for (const run of runs) {
        race.step(run.name, run.state, loss, { e: state.rate[run.name], ρ: 0.9, α: state.α }, noise);
        run.path.push(run.state.θ);
        run.losses.push(loss(run.state.θ)[0]);
      }
      state.steps += 1;
    }

    const toView = ([x, y], width, height) => {
      const [left, right, low, high] = view();
      return [(x - left) / (right - left) * width, (high - y) / (high - low) * height];
    };
    const fromView = (x, y) => {
      const [left, right, low, high] = view();
      return [left + x * (right - left), high - y * (high - low)];
    };

    function paint() {
      const [wide, high] = [120, 90];
      const image = new ImageData(wide, high);
      const dark = document.documentElement.dataset.theme === "dark";
      const levels = [];
      for (let j = 0; j < high; j++) {
        for (let i = 0; i < wide; i++) levels.push(Math.log10(loss(fromView((i + 0.5) / wide, (j + 0.5) / high))[0] + 1e-3));
      }
      const [least, most] = [Math.min(...levels), Math.max(...levels)];
      levels.forEach((level, index) => {
        // Twelve bands, the lowest the darkest in light, the lightest in the dark.
        const band = Math.floor(11.99 * (level - least) / (most - least)) / 11;
        const grey = dark ? 75 - 50 * band : 165 + 85 * band;
        image.data.set([grey * 0.94, grey * 0.98, grey, 255], 4 * index);
      });
      backdrop = new OffscreenCanvas(wide, high);
      backdrop.getContext("2d").putImageData(image, 0, 0);
      backdrop.dark = dark;
    }

    const map = chapter6.canvas({
      name: "map", label: N_("The loss and the six paths; click or tap a start, or move it by the arrow keys"), ratio: "4 / 3", touch: true,
      draw(context, width, height) {
        if (!backdrop || backdrop.dark !== (document.documentElement.dataset.theme === "dark")) paint();
        context.imageSmoothingEnabled = true;
        context.drawImage(backdrop, 0, 0, width, height);
        runs.forEach((run, index) => {
          if (!state.shown.has(run.name)) return;
          context.strokeStyle = COLOURS[index];
          context.fillStyle = COLOURS[index];
          context.lineWidth = run.name === state.chosen ? 4 : 2.2;
          context.setLineDash(chapter6.dash(index));
          context.beginPath();
          run.path.forEach((point, n) => {
            const at = toView(point, width, height).map(value => Math.max(-1e4, Math.min(1e4, value)));
            if (n) context.lineTo(...at);
            else context.moveTo(...at);
          });
          context.stroke();
          context.setLineDash([]);
          context.beginPath();
          context.arc(...toView(run.path.at(-1), width, height), 5, 0, 7);
          context.fill();
        });
        context.strokeStyle = chapter6.colour("ink");
        context.lineWidth = 2;
        const [x, y] = toView(state.start, width, height);
        context.strokeRect(x - 5, y - 5, 10, 10);
      },
    });
    const chart = chapter6.canvas({
      name: "losses", label: N_("The six losses by step"), ratio: "4 / 3",
      draw(context, width, height) {
        const all = runs.flatMap(run => run.losses).filter(value => value > 0 && Number.isFinite(value));
        const most = Math.min(Math.max(...all), 1e4 * runs[0].losses[0] + 1);
        chapter6.chart(context, width, height, {
          series: runs.map((run, index) => ({ values: run.losses.map(value => Math.max(value, 1e-10)), colour: COLOURS[index], dash: chapter6.dash(index), wide: run.name === state.chosen ? 4 : 2.2 }))
            .filter((series, index) => state.shown.has(names[index])),
          x: [0, Math.max(50, state.steps)], y: [Math.max(1e-10, Math.min(...all)) / 2, 2 * most], log: true,
          xLabel: chapter6.text(N_("step")), yLabel: chapter6.text(N_("loss")),
        });
      },
    });

    const box = element("div", { class: "box", "data-name": "box" });
    const outputs = new Map();
    function fillBox() {
      outputs.clear();
      const lines = state.chosen in BOXES
        ? race.lines(boxes[BOXES[state.chosen]]).map(formula => [race.symbol(formula), race.mathml(formula)])
        : SYMBOLS[state.chosen].map(([symbol, formula]) => [symbol, element("span", {}, formula).outerHTML]);
      box.replaceChildren(element("b", {}, _(state.chosen)), ...lines.map(([symbol, html]) => {
        const formula = element("span");
        formula.innerHTML = html;
        const output = element("output", { "data-symbol": symbol });
        outputs.set(output, symbol);
        return element("div", { class: "line" }, formula, output);
      }));
    }
    const count = element("output", { name: "steps" });
    function show() {
      const run = runs.find(each => each.name === state.chosen);
      for (const [output, symbol] of outputs) output.textContent = short(run.state[symbol]);
      count.replaceChildren(_("step {step}", { step: state.steps }));
      map.redraw();
      chart.redraw();
    }

    const legend = element("div", { class: "row tight legend" }, ...names.map((name, index) => {
      const made = chapter6.button("optimizer", _(name), () => choose(name));
      made.style.setProperty("--colour", COLOURS[index]);
      made.dataset.optimizer = name;
      return made;
    }));
    function choose(name) {
      state.chosen = name;
      for (const made of legend.children) made.setAttribute("aria-pressed", made.dataset.optimizer === name);
      rate.set(Math.log10(state.rate[name]));
      fillBox();
      show();
    }

    const rate = chapter6.slider({
      name: "rate", label: _("Learning rate e of the chosen one"), min: -5, max: 1, step: 0.05, value: -1,
      format: value => (10 ** value).toPrecision(2),
      oninput: value => {
        state.rate[state.chosen] = 10 ** value;
        restart();
      },
    });
    const momentum = chapter6.slider({
      name: "momentum", label: _("Momentum α"), min: 0, max: 0.99, step: 0.01, value: state.α,
      oninput: value => {
        state.α = value;
        restart();
      },
    });
    const angle = chapter6.slider({
      name: "angle", label: _("Turn"), min: 0, max: 90, step: 5, value: 0, format: value => `${value}°`,
      oninput: value => {
        state.angle = value;
        remake();
      },
    });
    const stretch = chapter6.slider({
      name: "stretch", label: _("Stretch"), min: -1, max: 1, step: 0.1, value: 0, format: value => `× ${(10 ** value).toPrecision(2)}`,
      oninput: value => {
        state.stretch = 10 ** value;
        remake();
      },
    });
    const noise = chapter6.slider({
      name: "noise", label: _("Noise on the gradient"), min: 0, max: 2, step: 0.1, value: 0,
      oninput: value => {
        state.noise = value;
        restart();
      },
    });
    const objective = chapter6.choice("objective", _("Loss"), [["bowl", N_("bowl")], ["Rosenbrock", "Rosenbrock"], ["Beale", "Beale"], ["saddle", N_("saddle")]], "bowl", name => {
      state.objective = name;
      state.start = [...of(name)[1]];
      useBestRates();
      choose(state.chosen);
      remake();
    });

    function frame() {
      if (run.getAttribute("aria-pressed") !== "true") return;
      if (state.steps >= LONGEST) {
        run.click();
        return;
      }
      step();
      show();
      requestAnimationFrame(frame);
    }
    const run = chapter6.toggle("run", _("Run"), on => on && requestAnimationFrame(frame));

    chapter6.pointed(map, (x, y) => {
      state.start = fromView(x, y);
      restart();
    }, () => {
      const [x, y] = toView(state.start, 1, 1);
      return [x, y];
    }, 0.04, () => run.click());

    useBestRates();
    remake();
    stage.append(
      element("div", { class: "row tight" }, objective,
        chapter6.button("step", _("Step"), () => {
          step();
          show();
        }),
        run,
        chapter6.button("restart", _("Again"), restart), count),
      element("div", { class: "row" }, element("div", { class: "grow" }, map), element("div", { class: "grow" }, chart)),
      legend,
      element("div", { class: "row" }, element("div", { class: "grow" }, box),
        element("div", { class: "grow row" }, rate, momentum, angle, stretch, noise)),
    );
    choose("Adam");
    race.state = state;
    return state;
  });
}
