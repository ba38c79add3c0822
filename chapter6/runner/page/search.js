"use strict";
// Grid against random search on the finished trials of section 6-2.
{
  const { _, N_, element, generator } = chapter6;
  const BUDGET = 16, SEARCHES = 1000;
  const search = {};
  chapter6.search = search;

  // The smallest error after each trial; cells are [place of the learning rate, place of the second].
  search.bestSoFar = (errors, cells) => {
    let best = Infinity;
    return cells.map(([rate, second]) => {
      best = Math.min(best, errors[rate][second]);
      return best;
    });
  };

  search.shuffled = (items, random) => {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const other = Math.floor(random() * (i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  };

  const product = (rates, seconds) => rates.flatMap(rate => seconds.map(second => [rate, second]));
  // The slides' grid in random order.
  search.grid = random => search.shuffled(product(...chapter6.about.sweep.grid), random);
  // Cells of the whole table, none twice.
  search.random = random => {
    const { learning_rate: rates, second } = chapter6.about.sweep;
    const all = product([...rates.keys()], [...second.hidden_units.keys()]);
    return search.shuffled(all, random).slice(0, BUDGET);
  };

  // The mean over many searches of the smallest error after each trial.
  search.mean = function* (errors, kind, searches, seed) {
    const sums = Array.from({ length: BUDGET }, () => 0);
    for (let number = 0; number < searches; number++) {
      const best = search.bestSoFar(errors, search[kind](generator(seed + number)));
      best.forEach((error, trial) => { sums[trial] += error / searches; });
      yield;
    }
    return sums;
  };

  const KINDS = [
    { name: "own", label: N_("you"), colour: "#9c4dcc", dash: [] },
    { name: "grid", label: N_("grid search"), colour: "#0b8fb0", dash: [8, 3] },
    { name: "random", label: N_("random search"), colour: "#e03131", dash: [2, 2] },
  ];

  chapter6.plaything("search", stage => {
    const { learning_rate: rates, second: seconds, errors: tables } = chapter6.about.sweep;
    const state = { second: "weight_decay", tried: { own: [], grid: [], random: [] }, hidden: false, shown: false, seed: 1, cursor: [15, 6], means: null };
    const errors = () => tables[state.second];
    const columns = rates.length, rowsOf = () => seconds[state.second].length;
    const toColour = error => {
      const all = errors().flat();
      const [least, most] = [Math.min(...all), Math.max(...all)];
      const level = Math.log(error / least) / Math.log(most / least);
      // Viridis, roughly, the best the lightest.
      const stops = [[253, 231, 37], [53, 183, 121], [49, 104, 142], [68, 1, 84]];
      const at = Math.min(2.999, 3 * level), i = Math.floor(at);
      return `rgb(${stops[i].map((value, c) => value + (at - i) * (stops[i + 1][c] - value)).join()})`;
    };

    const map = chapter6.canvas({
      name: "landscape", label: N_("Trials by learning rate and second hyperparameter; click or tap to try, or move by the arrow keys and press Enter"), ratio: "31 / 17", touch: true,
      draw(context, width, height) {
        const font = Math.max(12, 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize));
        const [left, bottom] = [0, 2.4 * font];
        const [w, h] = [(width - left) / columns, (height - bottom) / rowsOf()];
        map.toCell = (x, y) => [Math.min(columns - 1, Math.floor(x * columns)), Math.max(0, Math.min(rowsOf() - 1, rowsOf() - 1 - Math.floor(y * height / h)))];
        map.stepY = h / height;
        for (let rate = 0; rate < columns; rate++) {
          for (let second = 0; second < rowsOf(); second++) {
            const cell = [rate, second];
            const tried = KINDS.some(({ name }) => state.tried[name].some(([r, s]) => r === rate && s === second));
            context.fillStyle = tried || state.shown ? toColour(errors()[rate][second]) : chapter6.colour("line");
            context.fillRect(left + cell[0] * w, (rowsOf() - 1 - second) * h, w - 1, h - 1);
          }
        }
        KINDS.forEach(({ name, colour }, index) => {
          context.strokeStyle = colour;
          context.fillStyle = colour;
          for (const [rate, second] of state.tried[name]) {
            const x = left + (rate + 0.5) * w;
            const y = state.hidden ? (rowsOf() - 3 - 3 * index) * h : (rowsOf() - 0.5 - second) * h;
            context.lineWidth = 3;
            context.beginPath();
            // You: a circle; grid: a square; random: a cross.
            const size = Math.min(w, h) * 0.42;
            if (index === 0) context.arc(x, y, size, 0, 7);
            else if (index === 1) context.rect(x - size, y - size, 2 * size, 2 * size);
            else {
              context.moveTo(x - size, y - size);
              context.lineTo(x + size, y + size);
              context.moveTo(x + size, y - size);
              context.lineTo(x - size, y + size);
            }
            context.stroke();
          }
        });
        context.strokeStyle = chapter6.colour("ink");
        context.lineWidth = 2;
        context.strokeRect(left + state.cursor[0] * w, (rowsOf() - 1 - state.cursor[1]) * h, w - 1, h - 1);
        context.fillStyle = chapter6.colour("faint");
        context.font = `${font}px system-ui, sans-serif`;
        context.textBaseline = "bottom";
        context.textAlign = "left";
        context.fillText(`${rates[0]}`, left, height);
        context.textAlign = "right";
        context.fillText(`${rates.at(-1)}`, width, height);
        context.textAlign = "center";
        context.fillText(chapter6.text(N_("learning rate")), width / 2, height);
      },
    });
    const curves = chapter6.canvas({
      name: "curves", label: N_("Best error so far by trial"), ratio: "4 / 3",
      draw(context, width, height) {
        const percent = values => values.map(value => 100 * value);
        const best = 100 * Math.min(...errors().flat());
        const series = KINDS.map(({ name, colour, dash }) => ({
          values: percent(state.means?.[name] ?? search.bestSoFar(errors(), state.tried[name])), colour, dash, wide: 3,
          x: Array.from({ length: BUDGET }, (unused, trial) => trial + 1),
        }));
        const { font } = chapter6.chart(context, width, height, {
          series, x: [1, BUDGET], y: [best * 0.95, 30], log: true,
          xLabel: chapter6.text(N_("trials")), yLabel: chapter6.text(state.means ? N_("mean best error, 1,000 searches (%)") : N_("best error so far (%)")),
        });
        context.textAlign = "right";
        KINDS.forEach(({ label, colour }, index) => {
          context.fillStyle = colour;
          context.fillText(chapter6.text(label), width - font, (2 + 1.4 * index) * font);
        });
      },
    });

    const found = element("div", { class: "row", "data-name": "found" });
    function tell() {
      found.replaceChildren(...KINDS.map(({ name, label, colour }) => {
        const tried = state.tried[name];
        const best = search.bestSoFar(errors(), tried).at(-1);
        const made = element("span", {}, _(label), ": ", best === undefined ? "–"
          : _("{trials} trials, {rates} learning rates, best error {best}%", { trials: tried.length, rates: new Set(tried.map(([rate]) => rate)).size, best: (100 * best).toFixed(2) }));
        made.style.borderLeft = `.5rem solid ${colour}`;
        made.style.paddingLeft = ".4rem";
        return made;
      }));
      map.redraw();
      curves.redraw();
    }
    function tryCell(cell) {
      const { own } = state.tried;
      if (own.length < BUDGET && !own.some(([rate, second]) => rate === cell[0] && second === cell[1])) own.push(cell);
      state.means = null;
      tell();
    }
    let timer = null;
    function letBoth() {
      clearInterval(timer);
      const orders = { grid: search.grid(generator(state.seed)), random: search.random(generator(state.seed + 500)) };
      state.seed += 1;
      state.tried.grid = [];
      state.tried.random = [];
      state.means = null;
      timer = setInterval(() => {
        const trial = state.tried.grid.length;
        state.tried.grid.push(orders.grid[trial]);
        state.tried.random.push(orders.random[trial]);
        if (trial + 1 === BUDGET) clearInterval(timer);
        tell();
      }, 120);
      map.redraw();
    }
    function clear() {
      clearInterval(timer);
      for (const { name } of KINDS) state.tried[name] = [];
      state.means = null;
      tell();
    }
    function thousand() {
      const means = {};
      function* all() {
        for (const kind of ["grid", "random"]) means[kind] = yield* search.mean(errors(), kind, SEARCHES, 1);
      }
      chapter6.slices("search", all(), () => {
        state.means = { own: search.bestSoFar(errors(), state.tried.own), ...means };
        tell();
      });
    }

    chapter6.pointed(map, (x, y, kind) => {
      if (kind === "pointermove") return;
      state.cursor = map.toCell(x, y);
      if (kind === "key") map.redraw();
      else tryCell(state.cursor);
    }, () => [(state.cursor[0] + 0.5) / columns, (rowsOf() - 0.5 - state.cursor[1]) * map.stepY],
    [1 / columns, 1 / 17 * 0.93], () => tryCell(state.cursor));

    stage.append(
      element("div", { class: "row tight" },
        chapter6.choice("second", _("Second hyperparameter"), [["weight_decay", N_("weight decay")], ["hidden_units", N_("hidden units")]], state.second, name => {
          state.second = name;
          clear();
        }),
        chapter6.button("both", _("Let both search"), letBoth),
        chapter6.button("thousand", _("1,000 searches of each"), thousand),
        chapter6.toggle("hide", _("Hide the vertical axis"), on => {
          state.hidden = on;
          map.redraw();
        }),
        chapter6.toggle("show", _("Show the landscape"), on => {
          state.shown = on;
          map.redraw();
        }),
        chapter6.button("clear", _("Clear"), clear)),
      element("div", { class: "row" },
        element("div", { class: "grow", style: "flex-basis: 24rem" }, element("p", { class: "caption note" }, _("Upwards: the second hyperparameter. Yellow: a small validation error.")), map),
        element("div", { class: "grow" }, curves)),
      found,
    );
    search.state = state;
    tell();
    return state;
  });
}
