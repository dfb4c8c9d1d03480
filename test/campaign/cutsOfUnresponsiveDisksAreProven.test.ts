/**
 * Promise: the bench proves the cut of disks that leave every I/O unanswered while they have no power, as arrays behind
 * a network do. A campaign on them passes both when the waiting I/O fails after power returns and when it completes
 * then.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { CampaignObserver } from '../../src/campaign/observer.js';
import { ALL_POWERED, boardRigText, canRunLab, runBoardRig, why, type BoardWishes } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** Much longer than the lab needs to see a cut, even on a busy host. */
const UNRESPONSIVE_AFTER_MS = 1000;

const MORE_CAMPAIGN = `
  silence: ${UNRESPONSIVE_AFTER_MS}ms`;

const CUTS = [
  '{ rails: [P, S, J], during: load, after: 150ms }',
  '{ rails: [S], during: load, after: 150ms }',
  '{ rails: [P], during: resync, after: 5ms }',
  '{ rails: [J], during: recovery, after: 0s }',
  '{ rails: [P, S], at: flush, after: 100ms }',
];

function rigText(name: string, wishes: Partial<BoardWishes>): string {
  const cycles = wishes.cuts?.length;
  return boardRigText({ name, type: 'lcus', channels: 4, cycles, moreCampaign: MORE_CAMPAIGN, ...wishes });
}

describe.skipIf(!canRunLab)('a campaign on disks that are unresponsive without power', () => {
  it.each([
    ['fail', CUTS.slice(0, 2)],
    ['retry', CUTS],
  ] as const)('passes when the disks %s the waiting I/O after power returns', async (waitingIo, cuts) => {
    const ended = await runBoardRig(
      rigText(`waiting-${waitingIo}`, { disk: `, silent: ${waitingIo}, killModel: mixed`, cuts: [...cuts] }),
    );
    expect(ended.verdicts, why(ended)).toEqual(cuts.map(() => 'PASS'));
    expect(ended.result!.troubles).toEqual([]);
    const proofs = ended.result!.cycles.map((cycle) => cycle.proofOfCut);
    expect(proofs.map((proof) => proof.kind)).toEqual(cuts.map(() => 'device'));
    for (const { detail } of proofs)
      expect(detail).toMatch(/(primary|secondary|journal) became unresponsive \d+\.\d ms after the command/);
    // The latency ends at the submission of the first unanswered read, not at the time when the bench gives up on it.
    const latencies = ended.result!.cycles.map(({ cutLatencyMs }) => Object.values(cutLatencyMs));
    // A cycle records no latency when the bench itself paused on a busy host.
    for (const ms of latencies.filter((some) => some.length > 0))
      expect(Math.min(...ms)).toBeLessThan(UNRESPONSIVE_AFTER_MS);
  });

  it('restores the power and releases the devices when it is stopped during the power-off time', async () => {
    let stop = (): void => undefined;
    const interrupts = { requested: false, onFirst: (act: () => void) => void (stop = act), release: () => undefined };
    const stopWhilePoweredOff: CampaignObserver = {
      phase(_cycle, _from, to) {
        if (to !== 'dark') return;
        interrupts.requested = true;
        stop();
      },
    };
    const ended = await runBoardRig(
      rigText('waiting-stopped', { disk: ', silent: retry' }),
      [stopWhilePoweredOff],
      interrupts,
    );
    expect(ended.result).toMatchObject({ interrupted: { phase: 'dark' }, problem: null, troubles: [] });
    expect(ended.powered).toEqual(ALL_POWERED);
  });
});
