/** The house's floor plan: which folder may know which. A new arrow is a decision; a stale one is a lie on the map. */
import { describe, expect, it } from 'vitest';
import { allImports, folderOf, sourceFiles } from './sources.js';

const ALLOWED: Record<string, readonly string[]> = {
  base: [],
  core: [],
  workload: [],
  journal: ['core', 'workload'],
  judge: ['workload'],
  explore: ['core', 'journal', 'workload'],
  device: ['base'],
  power: ['base'],
  lab: ['base'],
  engine: ['base', 'core', 'journal', 'workload', 'judge', 'device'],
  // A profile is refused whose journal is too small: only the journal's layout knows.
  rig: ['power', 'lab', 'journal'],
  // The buckets in which the worker counts are the exporter's.
  metrics: ['engine'],
  report: ['judge'],
  campaign: ['base', 'rig', 'engine', 'device', 'power', 'lab', 'judge', 'metrics', 'report'],
};

/** Everything: it is where commands meet their parts. */
const TOP = 'cli';

/** PURE folders know no contract from outside either. */
const PURE = ['core', 'journal', 'workload', 'judge'];

/** Contracts between folders: their types may be known anywhere. */
function isContract(target: string): boolean {
  return target === 'rig/resolved.ts' || target.endsWith('/port.ts');
}

const imports = allImports();
const crossing = imports.filter((i) => i.targetFolder !== null && i.targetFolder !== i.folder);
const exempt = (i: (typeof crossing)[number]): boolean => i.typeOnly && isContract(i.target!) && !PURE.includes(i.folder);

describe('imports between folders of src/', () => {
  it('every folder is on the plan', () => {
    const folders = [...new Set(sourceFiles().map(folderOf))];
    expect(folders.filter((f) => f !== TOP && ALLOWED[f] === undefined)).toEqual([]);
  });

  it('follow the allowed arrows', () => {
    const wrong = crossing
      .filter((i) => i.folder !== TOP && !exempt(i) && !ALLOWED[i.folder]?.includes(i.targetFolder!))
      .map((i) => `${i.file} -> ${i.target}`);
    expect(wrong).toEqual([]);
  });

  it('use every allowed arrow', () => {
    const folders = new Set(sourceFiles().map(folderOf));
    const used = new Set(crossing.filter((i) => !exempt(i)).map((i) => `${i.folder} -> ${i.targetFolder}`));
    const stale = Object.entries(ALLOWED)
      .filter(([from]) => folders.has(from))
      .flatMap(([from, to]) => to.filter((t) => folders.has(t)).map((t) => `${from} -> ${t}`))
      .filter((arrow) => !used.has(arrow));
    expect(stale).toEqual([]);
  });

  it('lead to files that exist', () => {
    const files = new Set(sourceFiles());
    expect(imports.filter((i) => i.target !== null && !files.has(i.target)).map((i) => `${i.file} -> ${i.target}`)).toEqual([]);
  });

  it('only src/metrics knows prom-client', () => {
    expect(imports.filter((i) => i.specifier === 'prom-client' && i.folder !== 'metrics').map((i) => i.file)).toEqual([]);
  });
});
