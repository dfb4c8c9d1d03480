/** `plugpull bench regions`. */
import { Option, type Command } from 'commander';
import type { WorkloadSpec } from '../workload/workload.js';
import { UsageError } from '../base/plugpullError.js';
import { addDeviceOptions, runDeviceBench, type DeviceBenchOptions } from './benchDevices.js';
import { ffiOption, integerOption, type FfiName } from './options.js';

const KIB = 1024;

interface RegionsCommandOptions extends DeviceBenchOptions {
  seconds: number;
  ffi: FfiName;
  pattern: WorkloadSpec['addresses']['pattern'];
  writeMin: number;
  writeMax: number;
  depth: number;
}

export function addBenchRegions(bench: Command): void {
  const command = bench
    .command('regions')
    .description('what the size of a region costs on a workload; OVERWRITES the devices of --device');
  addDeviceOptions(command, { counts: 'three times: primary, secondary, journal', size: 1024, seconds: 60, rounds: 5 })
    .addOption(ffiOption())
    .addOption(
      new Option('--pattern <name>', "addresses of the workload; skewed: Zipf's theta 0.9")
        .choices(['skewed', 'uniform'])
        .default('skewed'),
    )
    .option('--write-min <kib>', 'smallest write, 4 to 16384 KiB', integerOption(4, 16_384), 4)
    .option('--write-max <kib>', 'largest write, 4 to 16384 KiB', integerOption(4, 16_384), 64)
    .option('--depth <n>', 'updates in flight, 1 to 1024', integerOption(1, 1024), 32)
    .action(runRegions);
}

async function runRegions(options: RegionsCommandOptions): Promise<void> {
  const { seconds, rounds, ffi, pattern, writeMin, writeMax, depth } = options;
  if (writeMin > writeMax || writeMin % 4 !== 0 || writeMax % 4 !== 0)
    throw new UsageError(
      `--write-min ${writeMin}, --write-max ${writeMax}: must be multiples of 4 KiB, the smaller one first`,
    );
  const workload: WorkloadSpec = {
    queueDepth: depth,
    writesPerTransaction: { min: 1, max: 8 },
    writeBytes: { min: writeMin * KIB, max: writeMax * KIB },
    addresses: { pattern, skew: 0.9 },
    maxWritesPerSecond: 0,
  };
  const [{ benchmarkRegions }, report] = await Promise.all([
    import('../bench/regionsBenchmark.js'),
    import('../bench/regionsReport.js'),
  ]);
  await runDeviceBench(options, {
    name: 'bench regions',
    counts: [3],
    measure: (devices, interruption) => benchmarkRegions({ devices, seconds, rounds, ffi, workload }, interruption),
    format: report.formatRegions,
    plot: report.plotRegions,
  });
}
