/** Draws a plot with ECharts, which needs no browser and no canvas for SVG. Loaded only when a plot is asked for. */
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import type { Figure } from './figures.js';

export interface Plot {
  title: string;
  /** Devices, rounds, versions: what a reader needs to compare two plots. */
  subtitle: string;
  /** Names of the places on the horizontal axis: cases of bars, or sizes in the order of a sweep. */
  categories: readonly string[];
  xLabel: string;
  /** With the unit. */
  yLabel: string;
  /** `logarithmic`: for values of several orders of magnitude. A value of 0 is not drawn then. */
  scale: 'linear' | 'logarithmic';
  shape: 'bars' | 'lines';
  /** One value per category; null: not measured. */
  series: readonly { name: string; values: readonly (Figure | null)[] }[];
  goal?: { value: number; label: string };
}

echarts.use([
  BarChart,
  CustomChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

const WIDTH = 1000;
const HEIGHT = 560;
const GAPS = { barGap: '20%', barCategoryGap: '25%' } as const;
/** Half of the width of the ends of a range, in pixels. */
const CAP = 4;
const RANGE_COLOR = '#333';

/** The text of an SVG file. @throws RangeError if a series has more or fewer values than there are categories */
export function drawPlot(plot: Plot): string {
  for (const { name, values } of plot.series) {
    if (values.length !== plot.categories.length)
      throw new RangeError(`series "${name}" has ${values.length} values for ${plot.categories.length} categories`);
  }
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionsOf(plot));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionsOf(plot: Plot): EChartsOption {
  const { categories, goal, scale, shape } = plot;
  const series = plot.series.map(({ name, values }, i) => ({
    type: shape === 'bars' ? ('bar' as const) : ('line' as const),
    name,
    ...(shape === 'bars' ? GAPS : {}),
    data: values.map((figure) => (isDrawn(figure, scale) ? figure.median : '-')),
    ...(goal === undefined || i > 0 ? {} : { markLine: goalLine(goal) }),
  }));
  const ranges = plot.series.map(({ name, values }, i) => ({
    type: 'custom' as const,
    name,
    z: 10,
    renderItem: rangeOf(shape === 'bars' ? { index: i, count: plot.series.length } : null),
    data: values.flatMap((figure, x) => (isDrawn(figure, scale) ? [[x, figure.min, figure.max]] : [])),
    encode: { x: 0, y: [1, 2] },
  }));
  return {
    animation: false,
    backgroundColor: '#fff',
    title: { text: plot.title, subtext: plot.subtitle, left: 'center' },
    legend: { bottom: 0, data: plot.series.map((s) => s.name) },
    grid: { left: 80, right: 40, top: 80, bottom: 110 },
    xAxis: {
      type: 'category',
      data: [...categories],
      name: plot.xLabel,
      nameLocation: 'middle',
      nameGap: 60,
      axisLabel: { interval: 0, width: Math.floor((WIDTH - 120) / categories.length) - 8, overflow: 'break' },
    },
    yAxis: {
      type: scale === 'linear' ? 'value' : 'log',
      name: plot.yLabel,
      nameLocation: 'middle',
      nameGap: 55,
    },
    series: [...series, ...ranges],
  };
}

/** The logarithm of 0 has no place on the axis. */
function isDrawn(figure: Figure | null, scale: Plot['scale']): figure is Figure {
  return figure !== null && (scale === 'linear' || figure.min > 0);
}

function goalLine({ value, label }: { value: number; label: string }) {
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { type: 'dashed' as const, color: '#b00' },
    label: { formatter: label, position: 'insideEndTop' as const },
    data: [{ yAxis: value }],
  };
}

/** A line from the smallest to the largest round. `bar`: it is drawn over the bar with this index in its category. */
function rangeOf(bar: { index: number; count: number } | null): CustomSeriesRenderItem {
  return (_params, api) => {
    const [x, min, max] = [0, 1, 2].map((dimension) => Number(api.value(dimension)));
    const bars = bar === null ? undefined : api.barLayout({ ...GAPS, count: bar.count });
    const shift = bars?.[bar?.index ?? 0]?.offsetCenter ?? 0;
    const [low, high] = [api.coord([x, min]), api.coord([x, max])];
    const at = low[0] + shift;
    const line = (x1: number, y1: number, x2: number, y2: number) => ({
      type: 'line' as const,
      shape: { x1, y1, x2, y2 },
      style: { stroke: RANGE_COLOR, lineWidth: 1 },
    });
    return {
      type: 'group',
      children: [
        line(at, low[1], at, high[1]),
        line(at - CAP, low[1], at + CAP, low[1]),
        line(at - CAP, high[1], at + CAP, high[1]),
      ],
    };
  };
}
