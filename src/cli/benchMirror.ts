/** `plugpull bench mirror`. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { addDeviceOptions, runDeviceBench, type DeviceBenchOptions } from './benchDevices.js';
import type { FfiName } from './options.js';

interface MirrorCommandOptions extends DeviceBenchOptions {
  seconds: number;
  ffi: FfiName;
  depth: number[];
  set: ('hot' | 'cold' | 'zipf')[];
  mode: ('sync' | 'async')[];
  durability: 'flush' | 'fua';
}

const DEPTH_MAX = 1024;
const SETS = ['hot', 'cold', 'zipf'] as const;
const MODES = ['sync', 'async'] as const;

export function addBenchMirror(bench: Command): void {
  const command = bench
    .command('mirror')
    .description(
      'the mirrored, tracked write path beside fio that writes both copies; OVERWRITES the devices of --device',
    );
  addDeviceOptions(command, {
    counts: 'three times: primary, secondary and journal',
    size: 128,
    seconds: 180,
    rounds: 7,
  })
    .option('--depth <list>', `updates outstanding, 1 to ${DEPTH_MAX} each`, depths, [1, 8, 32, 128])
    .option('--set <list>', `working sets of ${SETS.join(', ')}`, listOf(SETS), [...SETS])
    .option('--mode <list>', `modes of ${MODES.join(', ')}`, listOf(MODES), [...MODES])
    .addOption(
      new Option('--durability <how>', 'how our writes become durable: by flushes, or each by itself')
        .choices(['flush', 'fua'])
        .default('flush'),
    )
    .addOption(
      new Option('--ffi <name>', 'FFI binding that loads the native library')
        .choices(['koffi', 'ffi-napi'])
        .env('PLUGPULL_FFI')
        .default('koffi'),
    )
    .action(async (options: MirrorCommandOptions) => {
      const { seconds, rounds, ffi, depth, set, mode, durability } = options;
      const [{ benchmarkMirror }, report] = await Promise.all([
        import('../bench/mirrorBenchmark.js'),
        import('../bench/mirrorReport.js'),
      ]);
      await runDeviceBench(options, {
        name: 'bench mirror',
        counts: [3],
        measure: (devices, interruption) =>
          benchmarkMirror(
            { devices, seconds, rounds, ffi, depths: depth, sets: set, modes: mode, durability },
            interruption,
          ),
        format: report.formatMirror,
        plot: report.plotMirror,
      });
    });
}

function depths(text: string): number[] {
  return text.split(',').map((item) => {
    const depth = Number(item);
    if (!/^\d+$/.test(item) || depth < 1 || depth > DEPTH_MAX)
      throw new InvalidArgumentError(
        `"${item}" must be an integer from 1 to ${DEPTH_MAX}; separate several by commas.`,
      );
    return depth;
  });
}

function listOf<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((item) => {
      const found = allowed.find((name) => name === item);
      if (found === undefined)
        throw new InvalidArgumentError(`"${item}" must be one of ${allowed.join(', ')}; separate several by commas.`);
      return found;
    });
}
