/** What the benchmarks that overwrite devices have in common: their options, their devices, table, JSON and plot. */
import { Option, type Command } from 'commander';
import type { Interruption } from '../bench/figures.js';
import type { BenchmarkDevices, Over } from '../bench/ioDevices.js';
import type { Plot } from '../bench/plotDrawing.js';
import { UsageError } from '../base/plugpullError.js';
import { integerOption, path } from './options.js';
import { print, printJson } from './output.js';

const MIB = 2 ** 20;
export const SECONDS_MAX = 3600;
export const ROUNDS_MAX = 1000;

export interface DeviceBenchOptions {
  device?: string[];
  enrolled?: string;
  size: number;
  over: Over;
  /** Of the benchmarks that measure for a time. */
  seconds?: number;
  rounds: number;
  plot?: string;
  json?: boolean;
}

/** `counts`: how often `--device` may be given, and what it means then. */
export function addDeviceOptions(
  command: Command,
  { counts, size, seconds, rounds }: { counts: string; size: number; seconds?: number; rounds: number },
): Command {
  command
    .option(
      '--device <path>',
      `PATH[,serial=…][,wwn=…][,backingFile=…]; ${counts} (default: temporary loop devices)`,
      collect,
    )
    .option('--enrolled <file>', 'RIG.enrolled.json of the devices, beside their profile (default: none)')
    .option(
      '--size <mib>',
      seconds === undefined
        ? 'size of the temporary loop devices, or the part of the given devices that is used, 16 to 65536 MiB'
        : 'size of the temporary loop devices, 16 to 65536 MiB',
      integerOption(16, 65_536),
      size,
    )
    .addOption(
      new Option('--over <what>', 'what the temporary loop devices lie on: files in $TMPDIR, or memory')
        .choices(['files', 'tmpfs'] satisfies Over[])
        .default('files'),
    )
    .option('--rounds <n>', 'measurements of each figure, 1 to 1000', integerOption(1, ROUNDS_MAX), rounds)
    .option('--plot <file>', 'also draw the result as SVG', path)
    .option('--json', 'print JSON');
  if (seconds !== undefined)
    command.option('--seconds <n>', 'total measuring time, 1 to 3600 s', integerOption(1, SECONDS_MAX), seconds);
  return command;
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export interface DeviceBench<R> {
  /** `bench io` */
  name: string;
  /** How many devices it takes. */
  counts: readonly number[];
  measure(devices: BenchmarkDevices, interruption: Interruption): Promise<R>;
  format(result: R): string;
  plot(result: R): Plot;
}

/** The devices are released after every end. @throws UsageError before anything is written, CampaignError */
export async function runDeviceBench<R>(
  { device = [], enrolled, size, over, plot, json }: DeviceBenchOptions,
  { name, counts, measure, format, plot: plotOf }: DeviceBench<R>,
): Promise<void> {
  if (device.length > 0 && !counts.includes(device.length))
    throw new UsageError(
      `--device: given ${device.length} times; give it ${counts.join(' or ')} times (primary, secondary, journal), or not at all`,
    );
  const [devices, plots, { interruptible }] = await Promise.all([
    import('../bench/ioDevices.js'),
    import('../bench/plot.js'),
    import('./wayOut.js'),
  ]);
  const named = device.map(devices.parseDevice);
  if (plot !== undefined) plots.checkPlotFile(plot);
  const result = await interruptible(name, async (interruption) => {
    const used =
      named.length > 0
        ? await devices.givenDevices(named, enrolled ?? null)
        : await devices.scratchDevices({ areaBytes: size * MIB, over });
    try {
      return await measure(used, interruption);
    } finally {
      used.release();
    }
  });
  if (json) printJson(result);
  else print(format(result));
  if (plot !== undefined) await plots.writePlot(plot, plotOf(result));
}
