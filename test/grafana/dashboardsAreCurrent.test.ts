import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generateDashboards } from '../../grafana/dashboards/index.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: object[];
}

const generated = generateDashboards();

it('grafana/generated/ equals the output of the code (else run: npm run grafana)', () => {
  expect(readdirSync('grafana/generated').sort()).toEqual(Object.keys(generated).sort());
  for (const [file, json] of Object.entries(generated))
    expect(readFileSync(`grafana/generated/${file}`, 'utf8')).toBe(json);
});

it.each(Object.entries(generated))('%s has panels with ids and descriptions that do not overlap', (_file, json) => {
  const { panels } = JSON.parse(json) as { panels: Panel[] };
  expect(new Set(panels.map((p) => p.id)).size).toBe(panels.length);
  for (const p of panels.filter((x) => x.type !== 'row')) {
    expect(p.description, p.title).toMatch(/\.$/);
    expect(p.targets?.length, p.title).toBeGreaterThan(0);
    expect(p.gridPos.x + p.gridPos.w, p.title).toBeLessThanOrEqual(24);
  }
  const cells = panels.flatMap(({ gridPos: g }) =>
    Array.from({ length: g.w * g.h }, (_, i) => `${g.x + (i % g.w)},${g.y + Math.floor(i / g.w)}`),
  );
  expect(new Set(cells).size, 'panels overlap').toBe(cells.length);
});
