"use strict";
// A line chart on a canvas.
{
  const DASHES = [[], [8, 3], [2, 2], [8, 3, 2, 3], [5, 5], [12, 3]];
  chapter6.dash = index => DASHES[index % DASHES.length];

  const size = () => Math.max(12, 0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize));

  // Levels to mark: of a logarithm's whole ones at most some seven, or 1, 2 and 5 of each decade where those are few.
  function ticks(low, high, log) {
    if (log && high - low < 2) {
      const decades = Array.from({ length: 4 }, (unused, index) => Math.floor(low) + index);
      return decades.flatMap(decade => [0, Math.log10(2), Math.log10(5)].map(part => decade + part)).filter(tick => tick >= low && tick <= high);
    }
    const decade = log ? 1 : 10 ** Math.floor(Math.log10((high - low) || 1));
    const stride = log ? Math.max(1, Math.ceil((high - low) / 6)) : (high - low) / decade < 3 ? decade / 2 : decade;
    const found = [];
    for (let tick = Math.ceil(low / stride) * stride; tick <= high + 1e-9; tick += stride) found.push(tick);
    return found;
  }

  // series: [{ values: [...], x: [...] or undefined, colour, dash, name }]; log draws powers of ten.
  chapter6.chart = (context, width, height, { series, x: [x0, x1], y: [y0, y1], log = false, xLabel, yLabel, band }) => {
    const font = size();
    const [left, right, top, bottom] = [3.6 * font, 0.6 * font, 1.6 * font, 2.6 * font];
    const level = value => log ? Math.log10(value) : value;
    const [low, high] = [level(y0), level(y1)];
    const toX = x => left + (x - x0) / (x1 - x0 || 1) * (width - left - right);
    const toY = y => height - bottom - (level(y) - low) / (high - low || 1) * (height - top - bottom);
    const [ink, faint, line] = ["ink", "faint", "line"].map(chapter6.colour);
    context.font = `${font}px system-ui, sans-serif`;
    if (band) {
      context.fillStyle = line;
      context.globalAlpha = 0.5;
      context.fillRect(left, toY(band[1]), width - left - right, toY(band[0]) - toY(band[1]));
      context.globalAlpha = 1;
    }
    context.strokeStyle = line;
    context.fillStyle = faint;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of ticks(low, high, log)) {
      const at = height - bottom - (tick - low) / (high - low || 1) * (height - top - bottom);
      context.beginPath();
      context.moveTo(left, at);
      context.lineTo(width - right, at);
      context.stroke();
      const value = log ? 10 ** tick : tick;
      const label = log && (value < 1e-3 || value >= 1e4) ? `1e${Math.round(tick)}` : String(Number(value.toPrecision(3)));
      context.fillText(label, left - 0.4 * font, at);
    }
    context.textBaseline = "top";
    context.textAlign = "left";
    context.fillText(x0, left, height - bottom + 0.3 * font);
    context.textAlign = "right";
    context.fillText(x1, width - right, height - bottom + 0.3 * font);
    context.textAlign = "center";
    context.fillText(xLabel, (left + width - right) / 2, height - 1.4 * font);
    context.textAlign = "left";
    context.fillStyle = ink;
    context.fillText(yLabel, 0, 0);
    context.save();
    context.beginPath();
    context.rect(left, top, width - left - right, height - top - bottom);
    context.clip();
    for (const { values, x, colour, dash = [], wide = 2 } of series) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      context.setLineDash(dash);
      context.beginPath();
      let open = false;
      values.forEach((value, index) => {
        if (!Number.isFinite(value) || (log && value <= 0)) {
          // What is too small for the scale lies below it.
          open = log && value === 0 ? open : false;
          return;
        }
        const point = [toX(x ? x[index] : index), toY(value)];
        if (open) context.lineTo(...point);
        else context.moveTo(...point);
        open = true;
      });
      context.stroke();
    }
    context.restore();
    context.setLineDash([]);
    return { toX, toY, font };
  };
}
