/**
 * The report's charts as inline SVG: they scale to the width of the screen, need no script, and take their colors from
 * the page. Each dot and bar has a title with its figures.
 */
import { scaleLinear, type ScaleLinear } from 'd3-scale';
import { markup, type Markup } from './markup.js';

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { left: 90, right: 16, top: 14, bottom: 50 } as const;
const PLOT = { right: WIDTH - MARGIN.right, bottom: HEIGHT - MARGIN.bottom } as const;

export interface Axis {
  label: string;
  /** Text of a tick. */
  format: (value: number) => string;
  /** `binary`: ticks at powers of two, for bytes. */
  unit: 'decimal' | 'binary';
}

type Scale = ScaleLinear<number, number>;

function scaleFor(max: number, range: [number, number]): Scale {
  return scaleLinear()
    .domain([0, max > 0 ? max : 1])
    .range(range)
    .nice(5);
}

/** About five ticks; binary ones at multiples of 2^n, which are round numbers of KiB and MiB. */
function ticksOf(scale: Scale, axis: Axis): number[] {
  if (axis.unit === 'decimal') return scale.ticks(5);
  const top = scale.domain()[1]!;
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(top / 5)));
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
}

function frame(x: Scale | null, y: Scale, axes: { x: Axis; y: Axis }, xLabels: Markup[]): Markup {
  const yTicks = ticksOf(y, axes.y).map(
    (t) => markup`<line class="grid" x1="${MARGIN.left}" x2="${PLOT.right}" y1="${y(t)}" y2="${y(t)}"/>
<text x="${MARGIN.left - 6}" y="${y(t) + 4}" text-anchor="end">${axes.y.format(t)}</text>`,
  );
  const xTicks =
    x === null
      ? xLabels
      : ticksOf(x, axes.x).map(
          (t) => markup`<text x="${x(t)}" y="${PLOT.bottom + 18}" text-anchor="middle">${axes.x.format(t)}</text>`,
        );
  return markup`${yTicks}${xTicks}
<text class="label" x="${(MARGIN.left + PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${axes.x.label}</text>
<text class="label upright" transform="rotate(-90)" x="${-(MARGIN.top + PLOT.bottom) / 2}" y="14" text-anchor="middle">${axes.y.label}</text>`;
}

function svg(title: string, content: Markup): Markup {
  return markup`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${content}</svg></figure>`;
}

export interface Point {
  x: number;
  y: number;
  title: string;
}

/** Draws a dot for each point. */
export function scatterChart(title: string, points: readonly Point[], axes: { x: Axis; y: Axis }): Markup {
  const x = scaleFor(Math.max(0, ...points.map((p) => p.x)), [MARGIN.left, PLOT.right]);
  const y = scaleFor(Math.max(0, ...points.map((p) => p.y)), [PLOT.bottom, MARGIN.top]);
  const dots = points.map(
    (p) =>
      markup`<circle class="dot" cx="${x(p.x).toFixed(1)}" cy="${y(p.y).toFixed(1)}" r="4"><title>${p.title}</title></circle>`,
  );
  return svg(title, markup`${frame(x, y, axes, [])}${dots}`);
}

export interface Bar {
  label: string;
  title: string;
  /** From the axis up; the CSS class gives the color. */
  parts: { value: number; class: string }[];
}

/** Labels that fit below the bars. */
const BAR_LABELS_MAX = 12;

/** Draws a stacked bar for each. */
export function barChart(title: string, bars: readonly Bar[], axes: { x: Axis; y: Axis }): Markup {
  const totals = bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0));
  const y = scaleFor(Math.max(0, ...totals), [PLOT.bottom, MARGIN.top]);
  const slot = (PLOT.right - MARGIN.left) / Math.max(1, bars.length);
  const every = Math.ceil(bars.length / BAR_LABELS_MAX);
  const drawn = bars.map((bar, i) => {
    let base = 0;
    const left = MARGIN.left + slot * (i + 0.1);
    const parts = bar.parts.map((part) => {
      const [bottom, top] = [y(base), y(base + part.value)];
      base += part.value;
      return markup`<rect class="${part.class}" x="${left.toFixed(2)}" width="${(slot * 0.8).toFixed(2)}" y="${top.toFixed(1)}" height="${(bottom - top).toFixed(1)}"/>`;
    });
    return markup`<g><title>${bar.title}</title>${parts}</g>`;
  });
  const labels = bars.flatMap((bar, i) =>
    i % every === 0
      ? [
          markup`<text x="${(MARGIN.left + slot * (i + 0.5)).toFixed(1)}" y="${PLOT.bottom + 18}" text-anchor="middle">${bar.label}</text>`,
        ]
      : [],
  );
  return svg(title, markup`${frame(null, y, axes, labels)}${drawn}`);
}
