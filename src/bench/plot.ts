/** `--plot FILE.svg` of a benchmark: checked before the benchmark, written after it. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../base/plugpullError.js';
import type { Plot } from './plotDrawing.js';

/** A benchmark can take an hour: its plot is refused before. @throws UsageError if no file can be written there */
export function checkPlotFile(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile()) throw new Error('it exists and is no file');
  } catch (error) {
    throw new UsageError(
      `--plot ${file}: can not be written (${(error as Error).message}); give a file in a folder that exists`,
    );
  }
}

/** Draws the plot and replaces the file. */
export async function writePlot(file: string, plot: Plot): Promise<void> {
  // The library that draws is large, and most benchmarks draw nothing.
  const { drawPlot } = await import('./plotDrawing.js');
  writeFileSync(file, drawPlot(plot));
}
