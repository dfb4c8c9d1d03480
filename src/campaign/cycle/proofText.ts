/** What was seen of a cut, in words (pure): of each area, and of rails whose cut is not proven. */
import { NS_PER_MS } from '../../base/clock.js';
import type { CutRecord, CutRound, RailCut } from './cycleTypes.js';
import { proofOfCut, type AreaProof } from './proof.js';

/** `journal went on working (a read was answered 140 ms after the command)`. */
export function describeProof(p: AreaProof, cut: CutRecord): string {
  if (p.proven) {
    const how = {
      engine: `failed (errno ${p.sign.errno}, engine)`,
      probe: `failed (errno ${p.sign.errno}, probe)`,
      vanished: 'vanished',
      silent: 'fell silent',
    }[p.sign.source];
    return `${p.area} ${how} ${p.latencyMs.toFixed(1)} ms after the command${p.isMeasured ? '' : ' (not measured: the bench stood still)'}`;
  }
  switch (p.reason) {
    case 'unreadable-before':
      return `${p.area} could not be read before the cut`;
    case 'readable-in-dark':
      return `${p.area} answered reads in the dark${answeredAfter(p, cut)}`;
    case 'no-sign':
      return cut.offProbeNs !== undefined && !cut.readableWhileOff.includes(p.area)
        ? `${p.area} showed nothing until the dark time had ended, and did not answer then`
        : `${p.area} went on working${answeredAfter(p, cut)}`;
  }
}

/** Of each cut without proof which rails it is, and of which there is proof; null: all are proven. */
export function unprovenCuts(cuts: readonly CutRecord[], planned: readonly CutRound[]): string | null {
  const numbered = (index: number, text: string): string =>
    planned.length === 1 ? text : `cut ${index + 1} of ${planned.length} (${planned[index].during}): ${text}`;
  const said = planned.flatMap((_, index) => {
    const text = index < cuts.length ? unprovenCut(cuts[index]) : 'the plug was not pulled';
    return text === null ? [] : [numbered(index, text)];
  });
  return said.length === 0 ? null : said.join('; ');
}

function unprovenCut(cut: CutRecord): string | null {
  const proofs = proofOfCut(cut);
  const unproven = proofs
    .filter((p) => !p.proven)
    .map((p) => `rail ${p.rail}: ${describeProof(p, cut)}; its board's word: ${boardWord(cut, p.rail)}`);
  if (proofs.length === 0)
    return `${cut.round.rails.map(({ rail }) => `rail ${rail}`).join(', ')}: feeds no area alone, so that none goes dark by the cut`;
  if (unproven.length === 0) return null;
  const proven = cut.round.rails
    .filter((r) => isProven(r, proofs))
    .map(({ rail, areas }) => `${rail} (${areas.join(', ')})`);
  return [...unproven, ...(proven.length === 0 ? [] : [`proven: ${proven.join(', ')}`])].join('; ');
}

function isProven({ rail, areas }: RailCut, proofs: readonly AreaProof[]): boolean {
  return areas.length > 0 && proofs.every((p) => p.rail !== rail || p.proven);
}

function boardWord(cut: CutRecord, rail: string): string {
  return cut.commands.find((c) => c.rail === rail)?.evidence ?? 'none, it did not answer';
}

function answeredAfter(p: AreaProof, cut: CutRecord): string {
  const command = cut.commands.find((c) => c.rail === p.rail);
  if (command === undefined || cut.offProbeNs === undefined || !cut.readableWhileOff.includes(p.area)) return '';
  return ` (a read was answered ${Math.round(Math.max(0, cut.offProbeNs - command.commandNs) / NS_PER_MS)} ms after the command)`;
}
