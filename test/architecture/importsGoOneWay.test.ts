/** Which room may import which. A new arrow needs a decision; an arrow that no import uses fails too. */
import { describe, expect, it } from 'vitest';
import { allImports, roomOf, sourceFiles } from './sources.js';

/** Type imports count; nothing is exempt. `cli` wires the parts of each command together: it may import every room. */
const ALLOWED: Record<string, readonly string[]> = {
  base: [],
  'tracker/core': [],
  'tracker/journal': ['base', 'tracker/core'],
  workload: ['base'],
  judge: ['base'],
  'judge/history': ['base', 'judge'],
  'judge/classify': ['base', 'judge', 'judge/history', 'judge/verdict', 'workload'],
  'judge/verdict': ['base'],
  explore: ['base', 'tracker/core', 'tracker/journal'],
  blockdev: ['base'],
  gate: ['base', 'blockdev'],
  power: ['base'],
  lab: ['base'],
  replication: [
    'base',
    'blockdev',
    'gate',
    'judge/history',
    'judge/verdict',
    'tracker/core',
    'tracker/journal',
    'workload',
    'replication/cutpoint',
    'replication/scan',
  ],
  'replication/cutpoint': ['base', 'replication', 'tracker/core'],
  'replication/scan': [
    'base',
    'blockdev',
    'judge/classify',
    'judge/history',
    'judge/verdict',
    'replication',
    'tracker/core',
    'tracker/journal',
  ],
  'replication/worker': [
    'base',
    'blockdev',
    'gate',
    'judge/history',
    'replication',
    'replication/scan',
    'tracker/core',
    'tracker/journal',
    'workload',
  ],
  // A profile with too small a journal is refused: the layout of the journal decides that.
  rig: ['base', 'blockdev', 'lab', 'power', 'replication', 'replication/cutpoint', 'tracker/journal', 'workload'],
  // The buckets in which the worker counts are the exporter's.
  metrics: ['base', 'replication'],
  report: ['base', 'judge/classify', 'judge/verdict', 'replication'],
  campaign: [
    'base',
    'blockdev',
    'campaign/cycle',
    'campaign/record',
    'campaign/session',
    'gate',
    'judge/verdict',
    'lab',
    'metrics',
    'power',
    'replication',
    'replication/cutpoint',
    'report',
    'rig',
    'workload',
  ],
  'campaign/cycle': [
    'base',
    'blockdev',
    'judge/verdict',
    'power',
    'replication',
    'replication/cutpoint',
    'report',
    'rig',
  ],
  'campaign/session': [
    'base',
    'blockdev',
    'campaign',
    'campaign/cycle',
    'gate',
    'lab',
    'power',
    'replication',
    'replication/worker',
    'rig',
  ],
  'campaign/record': ['base', 'campaign', 'campaign/cycle', 'replication', 'replication/worker', 'report', 'rig'],
  bench: [
    'base',
    'blockdev',
    'campaign',
    'campaign/record',
    'gate',
    'lab',
    'replication',
    'replication/worker',
    'tracker/core',
    'tracker/journal',
    'workload',
  ],
};

const TOP = 'cli';

const files = sourceFiles();
const imports = allImports();
const crossing = imports.filter((i) => i.targetRoom !== null && i.targetRoom !== i.room);

describe('imports in src/', () => {
  it('start in rooms that are on the plan', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => room !== TOP && ALLOWED[room] === undefined)).toEqual([]);
  });

  it('follow the allowed arrows', () => {
    const wrong = crossing
      .filter((i) => i.room !== TOP && !ALLOWED[i.room]?.includes(i.targetRoom!))
      .map((i) => `${i.file} -> ${i.target}`);
    expect(wrong).toEqual([]);
  });

  it('use every allowed arrow', () => {
    const used = new Set(crossing.map((i) => `${i.room} -> ${i.targetRoom}`));
    const stale = Object.entries(ALLOWED)
      .flatMap(([from, to]) => to.map((room) => `${from} -> ${room}`))
      .filter((arrow) => !used.has(arrow));
    expect(stale).toEqual([]);
  });

  it('make no circle of files', () => {
    expect(
      circles(
        files,
        imports.flatMap((i) => (i.target === null ? [] : [[i.file, i.target] as const])),
      ),
    ).toEqual([]);
  });

  it('make no circle of rooms, but between a divided room and its own parts', () => {
    const arrows = crossing
      .filter((i) => !isFamily(i.room, i.targetRoom!))
      .map((i) => [i.room, i.targetRoom!] as const);
    expect(circles([...new Set(files.map(roomOf))], arrows)).toEqual([]);
  });

  it('lead to files that exist', () => {
    const known = new Set(files);
    expect(
      imports.filter((i) => i.target !== null && !known.has(i.target)).map((i) => `${i.file} -> ${i.target}`),
    ).toEqual([]);
  });

  it('of prom-client are in src/metrics alone', () => {
    expect(imports.filter((i) => i.specifier === 'prom-client' && i.room !== 'metrics').map((i) => i.file)).toEqual([]);
  });
});

describe('the search for circles', () => {
  it('names exactly the files that are in one', () => {
    const arrows = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
      ['c', 'd'],
    ] as const;
    expect(circles(['a', 'b', 'c', 'd'], arrows)).toEqual([['b', 'c']]);
  });
});

/** Files directly in a divided room hold what its parts share, and their wiring. */
function isFamily(a: string, b: string): boolean {
  return a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** Strongly connected components of more than one node, sorted (Tarjan 1972). */
function circles(nodes: readonly string[], arrows: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, string[]>(nodes.map((node) => [node, []]));
  for (const [from, to] of arrows) next.get(from)?.push(to);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.get(node)!);
    stack.push(node);
    for (const to of next.get(node) ?? []) {
      if (!order.has(to)) visit(to);
      if (stack.includes(to)) low.set(node, Math.min(low.get(node)!, low.get(to)!));
    }
    if (low.get(node) !== order.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) found.push(component.sort());
  };
  for (const node of nodes) if (!order.has(node)) visit(node);
  return found;
}
