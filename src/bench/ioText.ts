/** What `bench io` says to a person: ratios first, what they are made of beside them. */
import type { Figure } from './figures.js';
import type { CaseResult, IoBenchResult, MirrorResult } from './ioResult.js';
import { formatTable, number, ratio, withSpread } from './table.js';

const NONE = '–';

export function formatIo(result: IoBenchResult): string {
  const parts = [
    `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    '',
    formatTable(
      'raw I/O: ours / fio (medians, least and most of the rounds), I/Os per second, CPU microseconds per I/O',
      ['', 'by', 'I/Os: ours / fio', 'CPU: ours / fio', 'I/Os per s', 'CPU µs'],
      result.raw.flatMap(rawRows),
    ),
    '',
    formatTable(
      'one call through the binding, nanoseconds',
      ['', 'no arguments', 'a buffer, 3 numbers', 'idle step of the engine'],
      result.ffiCosts.map((c) => [
        c.name,
        withSpread(c.noArguments),
        withSpread(c.bufferAndNumbers),
        withSpread(c.step),
      ]),
    ),
  ];
  if (result.mirror.length > 0) {
    parts.push(
      '',
      formatTable(
        'mirrored, tracked write path: 4 KiB updates at random places, 32 outstanding, durable on both areas',
        [
          'mode',
          'by',
          'updates / fio',
          'acknowledged per s',
          'answered per s',
          'evidence wait ms',
          'p99 ms',
          'journal bytes',
          'CPU µs',
        ],
        result.mirror.map(mirrorRow),
      ),
      "  updates / fio: acknowledged (durable on both areas) beside fio's plain writes of that size and depth to the primary alone, without a flush.",
      '  journal bytes and CPU are per update.',
    );
  }
  for (const note of result.notes) parts.push(`note: ${note}`);
  return parts.join('\n');
}

function rawRows(c: CaseResult): string[][] {
  const ours = c.ours.map((o, i) => [
    i === 0 ? c.name : '',
    o.ffi,
    ratioOrNone(o.iosOverFio),
    ratioOrNone(o.cpuOverFio),
    withSpread(o.iosPerSecond),
    withSpread(o.cpuMicrosecondsPerIo),
  ]);
  if (c.fio === null) return ours;
  return [...ours, ['', 'fio', NONE, NONE, withSpread(c.fio.iosPerSecond), withSpread(c.fio.cpuMicrosecondsPerIo)]];
}

function mirrorRow(m: MirrorResult): string[] {
  return [
    m.mode,
    m.ffi,
    ratioOrNone(m.overFio),
    withSpread(m.acknowledgedPerSecond),
    withSpread(m.answeredPerSecond),
    number(m.evidenceWaitMsMedian.median),
    number(m.evidenceWaitMsP99.median),
    withSpread(m.journalBytesPerUpdate),
    withSpread(m.cpuMicrosecondsPerUpdate),
  ];
}

function ratioOrNone(figure: Figure | null): string {
  return figure === null ? NONE : ratio(figure);
}
