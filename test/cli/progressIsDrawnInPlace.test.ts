/**
 * On a terminal, three lines of progress stay below the lines of ended cycles, also when those wrap; the end removes
 * them.
 */
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { expect, it } from 'vitest';
import { liveProgress } from '../../src/cli/progress.js';
import type { ReplicationSnapshot } from '../../src/replication/replicationEngine.js';

const SNAPSHOT = {
  phase: 'resync',
  regionCount: 1024,
  dirtyRegions: 100,
  updatesInFlight: 0,
  phaseDone: 0.5,
  phaseBytesPerSecond: 3 * 2 ** 20,
} as ReplicationSnapshot;
const HIDDEN_CURSOR = '\u001b[?25l';
const SHOWN_CURSOR = '\u001b[?25h';
const COLUMNS = 60;
/** For a hang only. */
const HANG = { timeout: 30_000 };

function terminal(): { out: NodeJS.WriteStream; screen: () => Promise<string[]>; written: () => string } {
  const emulated = new xterm.Terminal({ cols: COLUMNS, rows: 30, allowProposedApi: true, convertEol: true });
  const stream = new PassThrough();
  let text = '';
  let shown = Promise.resolve();
  stream.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    shown = shown.then(() => new Promise((resolve) => emulated.write(bytes, resolve)));
  });
  return {
    out: Object.assign(stream, { isTTY: true, columns: COLUMNS }) as unknown as NodeJS.WriteStream,
    async screen() {
      await new Promise(setImmediate);
      await shown;
      const lines = Array.from({ length: emulated.buffer.active.length }, (_, i) =>
        emulated.buffer.active.getLine(i)!.translateToString(true),
      );
      return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
    },
    written: () => text,
  };
}

it('ended cycles are above the three lines, also when they wrap; at the end only ended cycles are left', async () => {
  const { out, screen, written } = terminal();
  const progress = liveProgress(out);
  const { observer } = progress;
  observer.cycleBegan?.(0, 2);
  observer.rail?.('P', 'on');
  observer.rail?.('a rail with a name so long that the line does not fit', 'off');
  observer.phase?.(0, 'load', 'resync', 1, null);
  observer.snapshot?.(SNAPSHOT);
  const block = [
    'cycle 0 (1 of 2)  resync',
    'rails: P on  a rail with a name so long that the line does not fit  off'.slice(0, COLUMNS - 1),
    '[############............]  50 % 3.0 MiB/s  100 of 1024 regions dirty'.slice(0, COLUMNS - 1),
  ];
  await expect.poll(screen, HANG).toEqual(block);

  // Its second row is where a longer line of the block was.
  const words = 'what went wrong in it, at some length, '.repeat(2).trim();
  observer.keepResult?.(words);
  const rows = words.match(new RegExp(`.{1,${COLUMNS}}`, 'g'))!.map((row) => row.trimEnd());
  await expect.poll(screen, HANG).toEqual([...rows, ...block]);
  observer.keepResult?.('printed just before the end');
  progress.end();
  progress.end();
  expect(await screen()).toEqual([...rows, 'printed just before the end']);
  expect(written().lastIndexOf(SHOWN_CURSOR)).toBeGreaterThan(written().lastIndexOf(HIDDEN_CURSOR));
});
