/** A run directory without space for an event still gets the line of the ended cycle: run.json counts what it has. */
import { describe, expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { createRecorder } from '../../src/campaign/record/recorder.js';
import type { LineFile, RunDirectory } from '../../src/campaign/record/runDirectory.js';
import { campaign, runFake } from './runFake.js';

const NO_SPACE = new Error('ENOSPC: no space left on device');

/** A run directory in memory, whose files in `full` refuse every line. */
function directory(full: readonly string[]) {
  const written: Record<string, object[]> = {};
  const lines = (name: string): LineFile => {
    const file = {
      isComplete: true,
      append(value: object) {
        if (full.includes(name)) {
          file.isComplete = false;
          throw NO_SPACE;
        }
        (written[name] ??= []).push(value);
      },
      close: () => undefined,
    };
    return file as unknown as LineFile;
  };
  return { dir: { lines } as unknown as RunDirectory, written };
}

describe('the end of a cycle', () => {
  it('is in cycles.jsonl although events.jsonl has no space left, and the run ends by the error', async () => {
    const { bench, state } = await runFake({});
    const { dir, written } = directory(['events.jsonl']);
    const recorder = createRecorder(dir, bench.clock);
    const record = cycleRecord(state, campaign().limits);
    expect(() => recorder.cycleEnded?.(state, record)).toThrow(NO_SPACE);
    expect(written['cycles.jsonl']).toEqual([record]);
    expect(recorder.hasEveryCycle).toBe(true);
  });

  it('that cycles.jsonl refuses is known to be missing', async () => {
    const { bench, state } = await runFake({});
    const { dir } = directory(['cycles.jsonl']);
    const recorder = createRecorder(dir, bench.clock);
    expect(() => recorder.cycleEnded?.(state, cycleRecord(state, campaign().limits))).toThrow(NO_SPACE);
    expect(recorder.hasEveryCycle).toBe(false);
  });
});
