/** One line for each thing that has happened: for logs and pipes. */
import type { CampaignStep } from '../../campaign/observer.js';
import type { Progress } from './progress.js';
import { sayOnStderr } from '../sayOnStderr.js';
import { cycleLine, cycleTitle, formatMs, repeatedLine, standstillLine } from './text.js';

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
      hostPause: (standstill) => {
        const line = standstillLine(standstill);
        if (line !== null) write(line);
      },
      cycleRepeated: (_state, record) => write(repeatedLine(record)),
      keepResult: (text) => write(text),
    },
    say: sayOnStderr,
    end: () => undefined,
  };
}
