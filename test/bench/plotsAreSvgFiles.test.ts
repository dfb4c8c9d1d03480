/** Promise: `--plot` writes one SVG file with all names and all ranges, and an impossible file is refused before. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { figureOf } from '../../src/bench/figures.js';
import { checkPlotFile, writePlot } from '../../src/bench/plot.js';
import { drawPlot, type Plot } from '../../src/bench/plotDrawing.js';
import { useTempFolder } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const temp = useTempFolder();

const PLOT: Plot = {
  title: 'Speed of <everything>',
  subtitle: 'loop devices; 3 rounds',
  categories: ['4 KiB', '64 KiB'],
  xLabel: 'block size',
  yLabel: 'ours / fio',
  scale: 'linear',
  shape: 'bars',
  series: [
    { name: 'koffi', values: [figureOf([0.9, 1, 1.2]), figureOf([1.1])] },
    { name: 'ffi-napi', values: [figureOf([0.5, 0.6]), null] },
  ],
  goal: { value: 1, label: 'as fast as fio' },
};

/** Of the line that shows the range of a figure. */
const RANGE = /stroke="#333"/g;

describe('a plot', () => {
  it.each(['bars', 'lines'] as const)('of %s names its axes, series and goal, and shows each range', (shape) => {
    const svg = drawPlot({ ...PLOT, shape });
    expect(svg).toMatch(/^<svg .*<\/svg>\s*$/s);
    for (const text of ['Speed of &lt;everything&gt;', '64 KiB', 'block size', 'ours / fio', 'koffi', 'ffi-napi'])
      expect(svg).toContain(text);
    expect(svg).toContain('as fast as fio');
    // Three figures, each a line with two ends.
    expect(svg.match(RANGE)).toHaveLength(3 * 3);
  });

  it('on a logarithmic scale leaves out what has no logarithm', () => {
    const svg = drawPlot({
      ...PLOT,
      scale: 'logarithmic',
      series: [{ name: 'a', values: [figureOf([0]), figureOf([10, 1000])] }],
    });
    expect(svg.match(RANGE)).toHaveLength(3);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('with more values than categories is refused', () => {
    expect(() => drawPlot({ ...PLOT, categories: ['4 KiB'] })).toThrow(/koffi.*2 values for 1/);
  });

  it('replaces its file', async () => {
    const file = join(temp.folder, 'plot.svg');
    await writePlot(file, { ...PLOT, title: 'first' });
    await writePlot(file, { ...PLOT, title: 'second' });
    expect(readFileSync(file, 'utf8')).toContain('second');
    expect(readFileSync(file, 'utf8')).not.toContain('first');
  });

  it('is refused where no file can be', () => {
    const folder = join(temp.folder, 'folder');
    mkdirSync(folder);
    expect(() => checkPlotFile(folder)).toThrow(/--plot .*no file/);
    expect(() => checkPlotFile(join(temp.folder, 'missing', 'plot.svg'))).toThrow(/folder that exists/);
    expect(() => checkPlotFile(join(temp.folder, 'plot.svg'))).not.toThrow();
  });

  it('of a benchmark is written, or refused with exit 2 before the benchmark', async () => {
    const small = ['bench', 'core', '--seconds', '1', '--rounds', '1', '--regions', '4096', '--in-flight', '512'];
    const file = join(temp.folder, 'core.svg');
    const result = await cli([...small, '--plot', file]);
    expect(result.code, result.stderr).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg .*ns per update.*<\/svg>\s*$/s);
    const refused = await cli([...small, '--plot', '/proc/none/core.svg']);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/--plot \/proc\/none\/core\.svg/);
  });
});
