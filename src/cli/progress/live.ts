/** A block of three lines that is drawn over itself; ended cycles scroll away above it. */
import cliProgress, { type Options } from 'cli-progress';
import type { ReplicationSnapshot } from '../../replication/replicationEngine.js';
import type { Progress } from './progress.js';
import { sayOnStderr } from '../sayOnStderr.js';
import { cycleLine, cycleTitle, formatBytes, formatPercent, repeatedLine, standstillLine } from './text.js';

const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_TO_RIGHT = '\u001b[K';
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 20;

/** One line of the block, as it is now. */
type Line = (options: Options) => string;

export function liveProgress(out: NodeJS.WriteStream): Progress {
  const rails = new Map<string, string>();
  let title = '';
  let phase = '';
  let last: ReplicationSnapshot | null = null;
  let ended = false;

  // A line that wrapped would put the block out of step; those above it may.
  const width = (): number => Math.max(COLUMNS_MIN, (out.columns || COLUMNS_DEFAULT) - 1);
  const block = new cliProgress.MultiBar({
    stream: out,
    hideCursor: true,
    linewrap: true,
    gracefulExit: false,
    clearOnComplete: true,
    forceRedraw: true,
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    format: (options, _params, { line }: { line: Line }) => line(options).slice(0, width()),
  });
  const lines: Line[] = [
    () => `${title}  ${phase}`,
    () => `rails: ${[...rails].map(([rail, state]) => `${rail} ${state}`).join('  ')}`,
    (options) => (last === null ? '' : engineLine(last, options)),
  ];
  for (const line of lines) block.create(1, 0, { line });

  const above = (line: string): void => block.log(`${line}${CLEAR_TO_RIGHT}\n`);
  const showCursor = (): void => void out.write(SHOW_CURSOR);
  process.once('exit', showCursor);
  return {
    observer: {
      stepBegan: (step) => {
        title = step;
        phase = '';
      },
      cycleBegan: (index, cycles) => {
        title = cycleTitle(index, cycles);
      },
      phase: (_index, _from, to) => {
        phase = to;
      },
      rail: (rail, state) => void rails.set(rail, state),
      snapshot: (s) => {
        last = s;
      },
      cycleEnded: (_state, record) => {
        if (record !== null) above(cycleLine(record));
      },
      hostPause: (standstill) => {
        const line = standstillLine(standstill);
        if (line !== null) above(line);
      },
      cycleRepeated: (_state, record) => above(repeatedLine(record)),
      keepResult: above,
    },
    say(text) {
      if (ended) sayOnStderr(text);
      else above(text);
    },
    end() {
      if (ended) return;
      ended = true;
      // What waits to be written above goes out with one more drawing.
      block.update();
      block.stop();
      process.off('exit', showCursor);
    },
  };
}

/** Within 80 columns. */
function engineLine(s: ReplicationSnapshot, options: Options): string {
  const dirty = `${s.dirtyRegions} of ${s.regionCount} regions dirty`;
  if (!['prepare', 'judge', 'resync', 'verify'].includes(s.phase))
    return `${dirty}, ${s.updatesInFlight} updates in flight`;
  return `[${cliProgress.Format.BarFormat(s.phaseDone, options)}] ${formatPercent(s.phaseDone)} ${formatBytes(s.phaseBytesPerSecond)}/s  ${dirty}`;
}
