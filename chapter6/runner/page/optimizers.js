"use strict";
// Six optimizers on four losses of two parameters, in the slides' symbols, and their algorithm boxes.
{
  const race = {};
  chapter6.race = race;

  // Loss and gradient, as in section 6-3.
  race.objectives = {
    bowl: ([x, y]) => [0.1 * x * x + 2 * y * y, [0.2 * x, 4 * y]],
    Rosenbrock: ([x, y]) => {
      const off = y - x * x;
      return [(1 - x) ** 2 + 100 * off * off, [-2 * (1 - x) - 400 * x * off, 200 * off]];
    },
    Beale: ([x, y]) => {
      let [loss, gx, gy] = [0, 0, 0];
      [1.5, 2.25, 2.625].forEach((c, k) => {
        const term = c - x + x * y ** (k + 1);
        loss += term * term;
        gx += 2 * term * (y ** (k + 1) - 1);
        gy += 2 * term * x * (k + 1) * y ** k;
      });
      return [loss, [gx, gy]];
    },
    saddle: ([x, y]) => [x * x + (y * y - 1) ** 2 / 2, [2 * x, 2 * y * (y * y - 1)]],
  };

  // The loss turned by an angle about a point, and stretched along the direction that was x2's.
  race.turned = (objective, angle, stretch, [cx, cy]) => {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    if (angle === 0 && stretch === 1) return objective;
    return ([x, y]) => {
      const [dx, dy] = [x - cx, y - cy];
      const [loss, [gx, gy]] = objective([cx + cos * dx + sin * dy, cy + stretch * (-sin * dx + cos * dy)]);
      return [loss, [cos * gx - sin * stretch * gy, sin * gx + cos * stretch * gy]];
    };
  };

  const each = (...arrays) => combine => arrays[0].map((unused, i) => combine(...arrays.map(array => array[i])));
  const zeros = () => [0, 0];

  // start() makes the state; interim(state) is where the gradient is taken; update(state, g) makes a step.
  race.optimizers = {
    SGD: {
      start: () => ({}),
      update(s, g, { e }) { s.θ = each(s.θ, g)((θ, g) => θ - e * g); },
    },
    momentum: {
      start: () => ({ v: zeros() }),
      update(s, g, { e, α }) {
        s.v = each(s.v, g)((v, g) => α * v - e * g);
        s.θ = each(s.θ, s.v)((θ, v) => θ + v);
      },
    },
    AdaGrad: {
      start: () => ({ r: zeros() }),
      update(s, g, { e }) {
        s.r = each(s.r, g)((r, g) => r + g * g);
        s.θ = each(s.θ, s.r, g)((θ, r, g) => θ - e / (1e-7 + Math.sqrt(r)) * g);
      },
    },
    RMSProp: {
      start: () => ({ r: zeros() }),
      update(s, g, { e, ρ }) {
        s.r = each(s.r, g)((r, g) => ρ * r + (1 - ρ) * g * g);
        s.θ = each(s.θ, s.r, g)((θ, r, g) => θ - e / Math.sqrt(1e-6 + r) * g);
      },
    },
    "RMSProp+Nesterov": {
      start: () => ({ r: zeros(), v: zeros() }),
      interim: (s, { α }) => each(s.θ, s.v)((θ, v) => θ + α * v),
      update(s, g, { e, ρ, α }) {
        s.r = each(s.r, g)((r, g) => ρ * r + (1 - ρ) * g * g);
        s.v = each(s.v, s.r, g)((v, r, g) => α * v - e / Math.sqrt(1e-6 + r) * g);
        s.θ = each(s.θ, s.v)((θ, v) => θ + v);
      },
    },
    Adam: {
      start: () => ({ s: zeros(), r: zeros(), t: 0 }),
      update(s, g, { e }) {
        s.t += 1;
        s.s = each(s.s, g)((s, g) => 0.9 * s + (1 - 0.9) * g);
        s.r = each(s.r, g)((r, g) => 0.999 * r + (1 - 0.999) * g * g);
        s["ŝ"] = s.s.map(value => value / (1 - 0.9 ** s.t));
        s["r̂"] = s.r.map(value => value / (1 - 0.999 ** s.t));
        s.θ = each(s.θ, s["ŝ"], s["r̂"])((θ, sHat, rHat) => θ - e * sHat / (Math.sqrt(rHat) + 1e-8));
      },
    },
  };

  race.begin = (name, start) => ({ ...race.optimizers[name].start(), θ: [...start] });

  // One step of an optimizer; noise, a pair, is added to the gradient. What the box names stays in the state.
  race.step = (name, state, objective, constants, noise = [0, 0]) => {
    const { interim, update } = race.optimizers[name];
    const at = interim ? interim(state, constants) : state.θ;
    if (interim) state["θ~"] = at;
    state.g = objective(at)[1].map((value, index) => value + noise[index]);
    update(state, state.g, constants);
  };

  // The path of a number of steps, the start first.
  race.path = (name, objective, start, steps, constants) => {
    const state = race.begin(name, start);
    const path = [state.θ];
    for (let i = 0; i < steps; i++) {
      race.step(name, state, objective, constants);
      path.push(state.θ);
    }
    return path;
  };

  // A formula of a box, mathtext, as MathML.
  race.mathml = formula => {
    let rest = formula.replaceAll("$", "").replaceAll("\\leftarrow", "←").replaceAll("\\odot", "⊙").replace(/\\[;,]/g, " ");
    const atom = () => {
      rest = rest.trimStart();
      let match;
      if (rest.startsWith("{")) {
        rest = rest.slice(1);
        const inner = row("}");
        return `<mrow>${inner}</mrow>`;
      }
      if ((match = /^\\(frac|sqrt|hat|tilde)/.exec(rest))) {
        rest = rest.slice(match[0].length);
        const first = atom();
        if (match[1] === "sqrt") return `<msqrt>${first}</msqrt>`;
        if (match[1] === "frac") return `<mfrac>${first}${atom()}</mfrac>`;
        return `<mover accent="true">${first}<mo>${match[1] === "hat" ? "^" : "~"}</mo></mover>`;
      }
      if ((match = /^\d+(\.\d+)?/.exec(rest))) {
        rest = rest.slice(match[0].length);
        return `<mn>${match[0]}</mn>`;
      }
      const sign = [...rest][0];
      rest = rest.slice(sign.length);
      if (/[\p{L}]/u.test(sign)) return `<mi>${sign}</mi>`;
      return `<mo>${sign === "-" ? "−" : sign === "<" ? "&lt;" : sign}</mo>`;
    };
    const row = end => {
      const parts = [];
      while (rest.trimStart() && !rest.trimStart().startsWith(end ?? "\u0000")) {
        let base = atom();
        for (;;) {
          rest = rest.trimStart();
          if (rest[0] !== "_" && rest[0] !== "^") break;
          const tag = rest[0] === "_" ? "msub" : "msup";
          rest = rest.slice(1);
          base = `<${tag}>${base}${atom()}</${tag}>`;
        }
        parts.push(base);
      }
      rest = rest.trimStart().slice(end ? 1 : 0);
      return parts.join("");
    };
    return `<math displaystyle="true">${row()}</math>`;
  };

  // The assignments of a box that are repeated, of which a line may hold two.
  race.lines = box => box
    .filter(([label]) => label !== "Require" && label !== "Start")
    .flatMap(([, formula]) => formula.replaceAll("$", "").split(/,(?:\\;)*(?=[^,]*\\leftarrow)/));

  // The symbol that a line of a box sets, as the state has it.
  race.symbol = formula => {
    const name = formula.replaceAll("$", "").split("\\leftarrow")[0].trim();
    const accented = { "\\hat{s}": "ŝ", "\\hat{r}": "r̂", "\\tilde{θ}": "θ~" };
    return accented[name] ?? name;
  };
}
