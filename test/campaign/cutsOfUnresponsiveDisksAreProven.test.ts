/**
 * Promise: disks that leave everything unanswered while they have no power, as arrays behind a network do, are cut, proven
 * dark, and judged as others are; whether what waited fails in the end, or is done after all.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { CampaignObserver } from '../../src/campaign/observer.js';
import { ALL_POWERED, boardRigText, canRunLab, runBoardRig, why, type BoardWishes } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** Far longer than a lab on a busy machine takes to hear of a cut. */
const SILENCE_MS = 1000;

const CUTS = [
  '{ rails: [P, S, J], during: load, after: 150ms }',
  '{ rails: [S], during: load, after: 150ms }',
  '{ rails: [P], during: resync, after: 5ms }',
  '{ rails: [J], during: recovery, after: 0s }',
  '{ rails: [P, S], at: flush, after: 100ms }',
];

function rigText(name: string, wishes: Partial<BoardWishes>): string {
  return boardRigText({ name, type: 'lcus', channels: 4, cycles: wishes.cuts?.length, ...wishes }).replace(
    '  dark: 100ms',
    `  dark: 100ms\n  silence: ${SILENCE_MS}ms`,
  );
}

describe.skipIf(!canRunLab)('a campaign on silent disks', () => {
  it.each([
    ['fail', CUTS.slice(0, 2)],
    ['retry', CUTS],
  ] as const)('passes; with the power back, what waited is answered: %s', async (silent, cuts) => {
    const ended = await runBoardRig(
      rigText(`silent-${silent}`, { disk: `, silent: ${silent}, killModel: mixed`, cuts: [...cuts] }),
    );
    expect(ended.verdicts, why(ended)).toEqual(cuts.map(() => 'PASS'));
    expect(ended.result!.troubles).toEqual([]);
    const proofs = ended.result!.cycles.map((cycle) => cycle.proofOfCut);
    expect(proofs.map((proof) => proof.kind)).toEqual(cuts.map(() => 'device'));
    for (const { detail } of proofs)
      expect(detail).toMatch(/(primary|secondary|journal) became unresponsive \d+\.\d ms after the command/);
    // Timed from the first read that was left unanswered, not from when that was noticed.
    const latencies = ended.result!.cycles.map(({ cutLatencyMs }) => Object.values(cutLatencyMs));
    // None where the bench stood still on a busy machine.
    for (const ms of latencies.filter((some) => some.length > 0)) expect(Math.min(...ms)).toBeLessThan(SILENCE_MS);
  });

  it('stopped in the dark, leaves with the power on and the devices released', async () => {
    let stop = (): void => undefined;
    const interrupts = { requested: false, onFirst: (act: () => void) => void (stop = act), release: () => undefined };
    const inTheDark: CampaignObserver = {
      phase(_cycle, _from, to) {
        if (to !== 'dark') return;
        interrupts.requested = true;
        stop();
      },
    };
    const ended = await runBoardRig(rigText('silent-stopped', { disk: ', silent: retry' }), [inTheDark], interrupts);
    expect(ended.result).toMatchObject({ interrupted: { phase: 'dark' }, problem: null, troubles: [] });
    expect(ended.powered).toEqual(ALL_POWERED);
  });
});
