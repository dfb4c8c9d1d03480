/** One line for each thing that has happened: for logs and pipes. */
import type { Progress } from './progress.js';
import { cycleLine, formatMs } from './progressText.js';

export function plainProgress(write: (line: string) => void): Progress {
  return {
    observer: {
      stepEnded: (step, durationMs) => write(`${step}: ${formatMs(durationMs)}`),
      cycleBegan: (index, cycles) => write(`cycle ${index} (of ${cycles})`),
      phase: (_index, from, _to, durationMs) => write(`  ${from}: ${formatMs(durationMs)}`),
      cycleEnded: (_state, record) => {
        if (record !== null) write(cycleLine(record));
      },
      note: (text) => write(text),
    },
    end: () => undefined,
  };
}
