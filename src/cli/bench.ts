/**
 * `plugpull bench io|core`: what it costs, beside something that everybody knows, in the same run. Ratios, no verdicts.
 */
import { Option, type Command } from 'commander';
import { UsageError } from '../base/plugpullError.js';
import { wholeNumber, type FfiName } from './options.js';
import { print, printJson } from './output.js';

const MIB = 2 ** 20;
const SECONDS_MAX = 3600;
const ROUNDS_MAX = 1000;
const REGIONS_MAX = 2 ** 30;
const IN_FLIGHT_MAX = 2 ** 20;

interface CoreOptions {
  seconds: number;
  rounds: number;
  regions: number;
  inFlight: number;
  json?: boolean;
}

interface IoOptions {
  device?: string[];
  enrolled?: string;
  size: number;
  seconds: number;
  rounds: number;
  ffi: FfiName | 'both';
  json?: boolean;
}

export function addBench(program: Command): void {
  const bench = program.command('bench').description('throughput and cost beside fio on the same device');
  addIo(bench);
  addCore(bench);
}

function addIo(bench: Command): void {
  bench
    .command('io')
    .description('raw I/O beside fio, and the mirrored, tracked write path; devices that are named are OVERWRITTEN')
    .option(
      '--device <path>',
      'PATH[,serial=…][,wwn=…][,backingFile=…]; given once for raw I/O, three times for primary, secondary and journal (default: loop devices of its own)',
      collect,
    )
    .option('--enrolled <file>', 'enrolled disks: RIG.enrolled.json beside a profile')
    .option('--size <mib>', 'size of its own loop devices, 16 … 65536 MiB', wholeNumber(16, 65_536), 128)
    .option('--seconds <n>', 'measuring time in all, 1 … 3600 s', wholeNumber(1, SECONDS_MAX), 60)
    .option('--rounds <n>', 'measurements of each figure, 1 … 1000', wholeNumber(1, ROUNDS_MAX), 5)
    .addOption(
      new Option('--ffi <name>', 'loader of the native library')
        .choices(['koffi', 'ffi-napi', 'both'])
        .env('PLUGPULL_FFI')
        .default('both'),
    )
    .option('--json', 'for programs')
    .action(runIo);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function runIo({ device = [], enrolled, size, seconds, rounds, ffi, json }: IoOptions): Promise<void> {
  if (![0, 1, 3].includes(device.length)) {
    throw new UsageError(
      `${device.length} devices named; name one (raw I/O) or three (primary, secondary, journal), or none`,
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
    .description('the core alone, beside a plain Map of Sets; no device is touched')
    .option('--seconds <n>', 'measuring time in all, 1 … 3600 s', wholeNumber(1, SECONDS_MAX), 30)
    .option('--rounds <n>', 'measurements of each figure, 1 … 1000', wholeNumber(1, ROUNDS_MAX), 5)
    .option('--regions <n>', 'regions of the storage area, 1 … 2^30', wholeNumber(1, REGIONS_MAX), 2 ** 20)
    .option('--in-flight <n>', 'updates in flight, 1 … 2^20', wholeNumber(1, IN_FLIGHT_MAX), 2 ** 16)
    .option('--json', 'for programs')
    .action(async ({ json, regions: regionCount, inFlight, seconds, rounds }: CoreOptions) => {
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
