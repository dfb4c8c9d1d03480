/** A block of three lines that is drawn over itself; ended cycles scroll away above it. */
import type { EngineSnapshot } from '../engine/port.js';
import type { Progress } from './progress.js';
import { cycleLine, cycleTitle, formatBar, formatBytes } from './progressText.js';

const BLOCK_LINES = 3;
const BAR_WIDTH = 24;
/** Ten times a second is as often as anyone looks. */
const REDRAW_MS = 100;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';

export function liveProgress(out: NodeJS.WriteStream): Progress {
  const rails = new Map<string, string>();
  let title = '';
  let phase = '';
  let last: EngineSnapshot | null = null;
  let drawn = false;
  let ended = false;

  const erase = (): void => {
    if (drawn) out.write(`\u001b[${BLOCK_LINES}A\r${CLEAR_BELOW}`);
    drawn = false;
  };
  const draw = (): void => {
    if (ended) return;
    erase();
    const width = Math.max(20, (out.columns || 80) - 1);
    const power = [...rails].map(([rail, state]) => `${rail} ${state}`).join('  ');
    const lines = [`${title}  ${phase}`, `rails: ${power}`, last === null ? '' : engineLine(last)];
    out.write(`${lines.map((line) => line.slice(0, width)).join('\n')}\n`);
    drawn = true;
  };
  const above = (line: string): void => {
    erase();
    out.write(`${line}\n`);
    draw();
  };

  out.write(HIDE_CURSOR);
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  const showCursor = (): void => {
    if (!ended) out.write(SHOW_CURSOR);
  };
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
      note: above,
    },
    end() {
      if (ended) return;
      clearInterval(timer);
      erase();
      out.write(SHOW_CURSOR);
      ended = true;
      process.off('exit', showCursor);
    },
  };
}

/** Within 80 columns. */
function engineLine(s: EngineSnapshot): string {
  const dirty = `${s.dirtyRegions} of ${s.regionCount} regions dirty`;
  if (!['prepare', 'judge', 'resync', 'verify'].includes(s.phase)) return `${dirty}, ${s.updatesInFlight} updates in flight`;
  return `${formatBar(s.phaseDone, BAR_WIDTH)} ${formatBytes(s.phaseBytesPerSecond)}/s  ${dirty}`;
}
