/** Progress of a campaign: a status block on a terminal, plain lines elsewhere, nothing with `--json`. */
import cliProgress, { type Options } from 'cli-progress';
import type { CampaignObserver, CampaignStep } from '../campaign/observer.js';
import { printError } from './output.js';
import {
  cycleLine,
  cycleTitle,
  formatMs,
  repeatedLine,
  pauseLine,
  formatBytes,
  formatPercent,
  leftText,
} from './progressText.js';
import type { ReplicationSnapshot } from '../replication/replicationEngine.js';

export interface Progress {
  observer: CampaignObserver;
  /** Prints a line, on stderr or above the block. */
  say(text: string): void;
  /** Restores the terminal. Idempotent. */
  end(): void;
}

export function createProgress(json: boolean, out: NodeJS.WriteStream): Progress {
  if (json) return { observer: {}, say: printError, end: () => undefined };
  return out.isTTY && process.env.TERM !== 'dumb' ? liveProgress(out) : plainProgress((line) => out.write(`${line}\n`));
}

/** What each step has done. */
const DONE: Record<Exclude<CampaignStep, 'end'>, string> = {
  lab: 'rig found, power on, safety gate passed',
  open: 'devices opened exclusively (O_EXCL)',
  format: 'journal written',
  prepare: 'stamps written to every used sector of P and S',
  verify: 'P and S compared',
  repair: 'differing regions copied, so that the next cycle starts with equal copies',
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
        const line = pauseLine(pause);
        if (line !== null) write(line);
      },
      cycleRepeated: (_state, record) => write(repeatedLine(record)),
      keepResult: (text) => write(text),
    },
    say: printError,
    end: () => undefined,
  };
}

const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_TO_RIGHT = '\u001b[K';
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 20;

/** Returns the present text of one line of the block. */
type Line = (options: Options) => string;

export function liveProgress(out: NodeJS.WriteStream): Progress {
  const rails = new Map<string, string>();
  let title = '';
  let phase = '';
  let last: ReplicationSnapshot | null = null;
  let ended = false;

  // A line that wraps would break the redrawing of the block; lines above it can wrap.
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
        const line = pauseLine(pause);
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
      // One more drawing prints the pending lines above the block.
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
  return `[${cliProgress.Format.BarFormat(s.phaseDone, options)}] ${formatPercent(s.phaseDone)} ${formatBytes(s.phaseBytesPerSecond)}/s  ${dirty}${leftText(s.resyncSecondsLeft)}`;
}
