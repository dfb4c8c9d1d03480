/** One line for each thing that has happened: for logs and pipes. */
import type { CampaignStep } from '../campaign/observer.js';
import type { Progress } from './progress.js';
import { cycleLine, cycleTitle, formatMs } from './progressText.js';

/** What was done, for who does not know the steps yet. */
const DONE: Record<CampaignStep, string> = {
  lab: 'rig found, power on, safety gate passed',
  open: 'devices opened for us alone',
  format: 'journal written',
  prepare: 'base pattern on every sector of P and S that is used',
  verify: 'P and S compared',
  repair: 'what differed is copied, so that the next cycle is not blamed for it',
  end: 'power on, devices released',
};

export function plainProgress(write: (line: string) => void): Progress {
  return {
    observer: {
      stepEnded: (step, durationMs) => write(`${step}: ${formatMs(durationMs)}, ${DONE[step]}`),
      cycleBegan: (index, cycles) => write(cycleTitle(index, cycles)),
      phase: (_index, from, _to, durationMs) => write(`  ${from}: ${formatMs(durationMs)}`),
      cycleEnded: (_state, record) => {
        if (record !== null) write(cycleLine(record));
      },
      note: (text) => write(text),
    },
    end: () => undefined,
  };
}
