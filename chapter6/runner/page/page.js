"use strict";
// The page itself: language, theme, keys, projecting, copying; it starts the playthings.
{
  const root = document.documentElement;
  const kept = name => {
    try { return localStorage.getItem(`chapter6 ${name}`); } catch { return null; }
  };
  const keep = (name, value) => {
    // Some browsers refuse it for files.
    try { localStorage.setItem(`chapter6 ${name}`, value); } catch { /* It is not kept. */ }
  };

  function setLanguage(language) {
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-attribute]")) {
      element.setAttribute(element.dataset.attribute, element.dataset[language]);
    }
    document.title = document.querySelector("title").dataset[language];
    keep("language", language);
    chapter6.redraw();
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    keep("theme", theme);
    chapter6.redraw();
  }

  const slides = [...document.querySelectorAll(".slide")];
  let current = 0;

  const figuresOf = slide => [...slide.querySelectorAll("figure")];

  function show(number, picture = 0) {
    current = Math.max(0, Math.min(slides.length - 1, number));
    slides.forEach((slide, index) => slide.classList.toggle("current", index === current));
    const figures = figuresOf(slides[current]);
    const shown = Math.max(0, Math.min(figures.length - 1, picture));
    figures.forEach((figure, index) => figure.classList.toggle("shown", index === shown));
    const pictures = figures.length > 1 ? ` · ${shown + 1}/${figures.length}` : "";
    document.querySelector(".projector .place").textContent = `${current + 1} / ${slides.length}${pictures}`;
    slides[current].scrollTop = 0;
    root.dataset.projecting = slides[current].localName;
    const name = slides[current].dataset.plaything;
    if (name) chapter6.start(name);
    return true;
  }

  const shownPicture = () => figuresOf(slides[current]).findIndex(each => each.classList.contains("shown"));
  const projecting = () => "projecting" in root.dataset;

  // The slide that a reader has before the eyes.
  function nearest() {
    const distances = slides.map(slide => Math.abs(slide.getBoundingClientRect().top - 60));
    return distances.indexOf(Math.min(...distances));
  }

  function project(on) {
    if (on === projecting()) return;
    const number = on ? nearest() : current;
    if (on) {
      show(number);
      root.requestFullscreen?.().catch(() => { /* The window is enough. */ });
    } else {
      delete root.dataset.projecting;
      if (document.fullscreenElement) document.exitFullscreen();
      slides[number].scrollIntoView({ behavior: "instant" });
    }
    document.querySelector(".projector").hidden = !on;
    chapter6.redraw();
  }

  const actions = {
    language: () => setLanguage(root.dataset.language === "en" ? "zh" : "en"),
    theme: () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"),
    project: () => project(!projecting()),
    copy: button => navigator.clipboard?.writeText(button.closest(".command").querySelector("code").textContent)
      .then(() => {
        button.setAttribute("aria-pressed", "true");
        setTimeout(() => button.removeAttribute("aria-pressed"), 900);
      }),
  };
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-action]");
    if (button) actions[button.dataset.action](button);
  });

  const keys = { l: actions.language, d: actions.theme, p: actions.project };
  const steps = {
    ArrowRight: () => show(current + 1),
    ArrowLeft: () => show(current - 1),
    PageDown: () => show(current + 1),
    PageUp: () => show(current - 1),
    " ": () => show(current + 1),
    ArrowDown: () => figuresOf(slides[current]).length > 1 && show(current, shownPicture() + 1),
    ArrowUp: () => figuresOf(slides[current]).length > 1 && show(current, shownPicture() - 1),
    Home: () => show(0),
    End: () => show(slides.length - 1),
    Escape: () => project(false) ?? true,
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
    const letter = keys[event.key.toLowerCase()];
    if (letter && !(typing && target.tagName !== "INPUT")) {
      letter();
      event.preventDefault();
      return;
    }
    // A slider, a button or a plaything has keys of its own.
    if (!projecting() || (event.key !== "Escape" && target.closest("input, select, button, canvas, summary"))) return;
    if (steps[event.key]?.()) event.preventDefault();
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && projecting()) project(false);
  });
  // A click on a contents' link while projecting goes to that slide.
  document.addEventListener("click", event => {
    const link = event.target.closest?.("a[href^='#']");
    const slide = link && slides.findIndex(each => `#${each.id}` === link.hash);
    if (link && projecting() && slide >= 0) {
      event.preventDefault();
      show(slide);
    }
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(each => { each.open = true; }));

  const observer = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        observer.unobserve(entry.target);
        chapter6.start(entry.target.dataset.plaything);
      }
    }
  }, { rootMargin: "300px" });
  document.querySelectorAll(".plaything").forEach(each => observer.observe(each));

  const dark = matchMedia("(prefers-color-scheme: dark)");
  root.dataset.theme = kept("theme") ?? (dark.matches ? "dark" : "light");
  setLanguage(kept("language") ?? (navigator.language.startsWith("zh") ? "zh" : root.dataset.language));
}
