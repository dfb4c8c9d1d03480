/**
 * `plugpull bench io|core|scale`: benchmarks of plugpull. io and core are compared with fio or a Map of Sets in the
 * same run. Ratios, no verdicts.
 */
import { Option, type Command } from 'commander';
import { UsageError } from '../base/plugpullError.js';
import { addScale } from './benchScale.js';
import { integerOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';

const MIB = 2 ** 20;
const SECONDS_MAX = 3600;
const ROUNDS_MAX = 1000;
const REGIONS_MAX = 2 ** 30;
const IN_FLIGHT_MAX = 2 ** 20;

interface CoreCommandOptions {
  seconds: number;
  rounds: number;
  regions: number;
  inFlight: number;
  json?: boolean;
}

interface IoCommandOptions {
  device?: string[];
  enrolled?: string;
  size: number;
  seconds: number;
  rounds: number;
  ffi: FfiName | 'both';
  json?: boolean;
}

export function addBench(program: Command): void {
  const bench = program.command('bench').description('benchmarks: I/O compared with fio, and the tracker core');
  addIo(bench);
  addCore(bench);
  addScale(bench);
}

function addIo(bench: Command): void {
  bench
    .command('io')
    .description('raw I/O compared with fio, and the mirrored, tracked write path; OVERWRITES the devices of --device')
    .option(
      '--device <path>',
      'PATH[,serial=…][,wwn=…][,backingFile=…]; once for raw I/O, three times for primary, secondary and journal (default: temporary loop devices)',
      collect,
    )
    .option('--enrolled <file>', 'RIG.enrolled.json of the devices, beside their profile (default: none)')
    .option('--size <mib>', 'size of the temporary loop devices, 16 to 65536 MiB', integerOption(16, 65_536), 128)
    .option('--seconds <n>', 'total measuring time, 1 to 3600 s', integerOption(1, SECONDS_MAX), 60)
    .option('--rounds <n>', 'measurements of each figure, 1 to 1000', integerOption(1, ROUNDS_MAX), 5)
    .addOption(
      new Option('--ffi <name>', 'FFI binding that loads the native library')
        .choices(['koffi', 'ffi-napi', 'both'])
        .env('PLUGPULL_FFI')
        .default('both'),
    )
    .option('--json', 'print JSON')
    .action(runIo);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function runIo({ device = [], enrolled, size, seconds, rounds, ffi, json }: IoCommandOptions): Promise<void> {
  if (![0, 1, 3].includes(device.length)) {
    throw new UsageError(
      `--device: given ${device.length} times; give it once (raw I/O), three times (primary, secondary, journal), or not at all`,
    );
  }
  const [{ benchmarkIo }, devices, { formatIo }, { interruptible }] = await Promise.all([
    import('../bench/ioBenchmark.js'),
    import('../bench/ioDevices.js'),
    import('../bench/ioReport.js'),
    import('./wayOut.js'),
  ]);
  const named = device.map(devices.parseDevice);
  const result = await interruptible('bench io', async (interruption) => {
    const used =
      named.length > 0 ? await devices.givenDevices(named, enrolled ?? null) : await devices.scratchDevices(size * MIB);
    try {
      return await benchmarkIo({ devices: used, seconds, rounds, ffi }, interruption);
    } finally {
      used.release();
    }
  });
  if (json) printJson(result);
  else print(formatIo(result));
}

function addCore(bench: Command): void {
  bench
    .command('core')
    .description('the tracker core alone, compared with a Map of Sets; uses no device')
    .option('--seconds <n>', 'total measuring time, 1 to 3600 s', integerOption(1, SECONDS_MAX), 30)
    .option('--rounds <n>', 'measurements of each figure, 1 to 1000', integerOption(1, ROUNDS_MAX), 5)
    .option('--regions <n>', 'regions of the storage area, 1 to 2^30', integerOption(1, REGIONS_MAX), 2 ** 20)
    .option('--in-flight <n>', 'updates in flight, 1 to 2^20', integerOption(1, IN_FLIGHT_MAX), 2 ** 16)
    .option('--json', 'print JSON')
    .action(async ({ json, regions: regionCount, inFlight, seconds, rounds }: CoreCommandOptions) => {
      const [{ benchmarkCore }, { formatCore }, { interruptible }] = await Promise.all([
        import('../bench/coreBenchmark.js'),
        import('../bench/coreReport.js'),
        import('./wayOut.js'),
      ]);
      const result = await interruptible('bench core', (i) =>
        benchmarkCore({ regionCount, inFlight, seconds, rounds }, i),
      );
      if (json) printJson(result);
      else print(formatCore(result));
    });
}
