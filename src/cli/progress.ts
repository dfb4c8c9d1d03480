/** What a person sees of a campaign while it runs. */
import cliProgress, { type Options } from 'cli-progress';
import type { CampaignObserver, CampaignStep } from '../campaign/observer.js';
import { printError } from './output.js';
import {
  cycleLine,
  cycleTitle,
  formatMs,
  repeatedLine,
  standstillLine,
  formatBytes,
  formatPercent,
} from './progressText.js';
import type { ReplicationSnapshot } from '../replication/replicationEngine.js';

export interface Progress {
  observer: CampaignObserver;
  /** A line for a person, on stderr or above the block. */
  say(text: string): void;
  /** Leaves the terminal as it was; idempotent. */
  end(): void;
}

/**
 * What a person sees while a campaign runs: a status block on a terminal, plain lines elsewhere, nothing with --json.
 */

export function createProgress(silent: boolean, out: NodeJS.WriteStream): Progress {
  if (silent) return { observer: {}, say: printError, end: () => undefined };
  return out.isTTY && process.env.TERM !== 'dumb' ? liveProgress(out) : plainProgress((line) => out.write(`${line}\n`));
}

/** One line for each thing that has happened: for logs and pipes. */

/** What was done, for who does not know the steps yet. */
const DONE: Record<Exclude<CampaignStep, 'end'>, string> = {
  lab: 'rig found, power on, safety gate passed',
  open: 'devices opened for us alone',
  format: 'journal written',
  prepare: 'base pattern on every sector of P and S that is used',
  verify: 'P and S compared',
  repair: 'what differed is copied, so that the next cycle is not blamed for it',
};

export function plainProgress(write: (line: string) => void): Progress {
  return {
    observer: {
      stepEnded: (step, durationMs, said) =>
        write(
          [`${step}: ${formatMs(durationMs)}`, said ?? (step === 'end' ? '' : DONE[step])]
            .filter((part) => part !== '')
            .join(', '),
        ),
      cycleBegan: (index, cycles) => write(cycleTitle(index, cycles)),
      phase: (_index, from, _to, durationMs) => write(`  ${from}: ${formatMs(durationMs)}`),
      cycleEnded: (_state, record) => {
        if (record !== null) write(cycleLine(record));
      },
      hostPause: (pause) => {
        const line = standstillLine(pause);
        if (line !== null) write(line);
      },
      cycleRepeated: (_state, record) => write(repeatedLine(record)),
      keepResult: (text) => write(text),
    },
    say: printError,
    end: () => undefined,
  };
}

/** A block of three lines that is drawn over itself; ended cycles scroll away above it. */

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
      hostPause: (pause) => {
        const line = standstillLine(pause);
        if (line !== null) above(line);
      },
      cycleRepeated: (_state, record) => above(repeatedLine(record)),
      keepResult: above,
    },
    say(text) {
      if (ended) printError(text);
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
