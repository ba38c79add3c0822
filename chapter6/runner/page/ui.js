"use strict";
// What the playthings are made of: texts in two languages, sliders, buttons, canvases.
{
  const playthings = {};
  const canvases = new Set();

  const language = () => document.documentElement.dataset.language;

  // A text for a canvas, in the language shown; its English is marked by _ where it is written.
  chapter6.text = english => language() === "zh" ? chapter6.translations[english] ?? english : english;

  // A text for the page: both languages, of which the style shows one. {name} is replaced.
  const _ = (english, values = {}) => {
    const fill = text => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const chinese = chapter6.translations[english];
    if (chinese === undefined || chinese === english) return document.createTextNode(fill(english));
    const both = document.createDocumentFragment();
    both.append(
      chapter6.element("span", { lang: "en" }, fill(english)),
      chapter6.element("span", { lang: "zh-CN" }, fill(chinese)),
    );
    return both;
  };
  chapter6._ = _;

  chapter6.element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children);
    return made;
  };
  const { element } = chapter6;

  // A name for assistive technology, which changes with the language.
  const named = (made, english) => {
    made.dataset.attribute = "aria-label";
    made.dataset.en = english;
    made.dataset.zh = chapter6.translations[english] ?? english;
    made.setAttribute("aria-label", made.dataset[language()]);
    return made;
  };

  // format shows the value; its result may be a node.
  chapter6.slider = ({ name, label, min, max, step, value, format = String, oninput }) => {
    const output = element("output");
    const input = element("input", { type: "range", min, max, step, name });
    input.value = value;
    const show = () => output.replaceChildren(format(Number(input.value)));
    input.addEventListener("input", () => {
      show();
      oninput(Number(input.value));
    });
    show();
    const made = element("label", { class: "slider" }, element("span", {}, label), output, input);
    made.set = changed => {
      input.value = changed;
      show();
    };
    made.input = input;
    return made;
  };

  chapter6.button = (name, label, onclick) => element("button", { type: "button", name, onclick }, label);

  // options: [[value, English], ...]
  chapter6.choice = (name, label, options, value, onchange) => {
    const select = element("select", { name, onchange: () => onchange(select.value) });
    for (const [each, english] of options) {
      const option = element("option", { value: each, selected: each === value });
      option.dataset.english = english;
      select.append(option);
    }
    const rename = () => {
      for (const option of select.options) option.textContent = chapter6.text(option.dataset.english);
    };
    rename();
    canvases.add(rename);
    const made = element("label", { class: "choice" }, label, select);
    made.set = changed => { select.value = changed; };
    return made;
  };

  chapter6.toggle = (name, label, onchange) => {
    const made = chapter6.button(name, label, () => {
      const on = made.getAttribute("aria-pressed") !== "true";
      made.setAttribute("aria-pressed", on);
      onchange(on);
    });
    made.setAttribute("aria-pressed", "false");
    return made;
  };

  // A canvas of an aspect ratio that draw(context, width, height) fills, in CSS pixels.
  chapter6.canvas = ({ name, label, ratio, draw, touch = false }) => {
    const made = named(element("canvas", { class: touch ? "touch" : false, tabindex: touch ? 0 : false, role: "img" }), label);
    if (name) made.dataset.name = name;
    made.style.aspectRatio = ratio;
    // No higher than --tall, which the style sets where a screen must hold all.
    made.style.width = `min(100%, calc(var(--tall, 300vh) * ${ratio}))`;
    const redraw = () => {
      const { width, height } = made.getBoundingClientRect();
      if (!width) return;
      const scale = devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
      if (made.width !== wide || made.height !== high) [made.width, made.height] = [wide, high];
      const context = made.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context, width, height);
    };
    let asked = false;
    made.redraw = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        redraw();
      });
    };
    new ResizeObserver(made.redraw).observe(made);
    canvases.add(made.redraw);
    return made;
  };

  // A pointer that is down on a canvas: onpoint(x, y) with both from 0 to 1, as it moves too; arrows move by a step.
  chapter6.pointed = (canvas, onpoint, position, step = 0.05, onenter) => {
    let down = false;
    const tell = event => {
      const box = canvas.getBoundingClientRect();
      const clamp = value => Math.max(0, Math.min(1, value));
      onpoint(clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height), event.type);
    };
    canvas.addEventListener("pointerdown", event => {
      down = true;
      canvas.setPointerCapture(event.pointerId);
      tell(event);
    });
    canvas.addEventListener("pointermove", event => down && tell(event));
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => { down = false; });
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    canvas.addEventListener("keydown", event => {
      if (onenter && (event.key === "Enter" || event.key === " ")) {
        onenter();
        event.preventDefault();
      }
      if (!(event.key in arrows)) return;
      const [x, y] = position();
      const [right, down] = arrows[event.key];
      const clamp = value => Math.max(0, Math.min(1, value));
      const [stepX, stepY] = Array.isArray(step) ? step : [step, step];
      onpoint(clamp(x + right * stepX), clamp(y + down * stepY), "key");
      event.preventDefault();
    });
  };

  chapter6.colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // Pixels from 0 to 1, in rows of `side`, as grey values, black for 0.
  chapter6.drawPixels = (context, pixels, side, x, y, size, shade = value => [255 * value, 255 * value, 255 * value]) => {
    const image = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const [red, green, blue] = shade(pixels[i]);
      image.data.set([red, green, blue, 255], 4 * i);
    }
    const small = new OffscreenCanvas(side, side);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, x, y, size, size);
  };

  // A plaything is made when it comes near: make(stage, arrays).
  chapter6.plaything = (name, make) => { playthings[name] = make; };
  chapter6.started = {};
  chapter6.start = name => {
    const stage = document.querySelector(`[data-plaything="${name}"] .stage`);
    chapter6.started[name] ??= chapter6.arrays.then(arrays => playthings[name](stage, arrays), error => {
      // DecompressionStream came in 2023.
      stage.replaceChildren(_("This needs a newer browser."));
      throw error;
    });
    return chapter6.started[name];
  };
  chapter6.redraw = () => canvases.forEach(each => each());
}
