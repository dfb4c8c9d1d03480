/** `npm pack` includes all files that an installed plugpull runs, compiles or refers to, and no test or build file. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from './sources.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Packed {
  files: { path: string }[];
}

/** Without scripts: `prepack` deletes dist/, which other tests use at the same time. */
function packedFiles(): Set<string> {
  const json = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(json) as Packed[];
  return new Set(packed.files.map(({ path }) => path));
}

describe('the package', () => {
  const packed = packedFiles();

  it('has every module compiled', () => {
    const modules = sourceFiles().map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
    expect(modules.filter((file) => !packed.has(file))).toEqual([]);
  });

  it('has the bundle, and what writes its code cache for the version of Node.js there; not the cache from here', () => {
    expect([...packed]).toEqual(expect.arrayContaining(['dist/bundle/cli/main.bundle.cjs', 'dist/bundle/load.cjs']));
    expect([...packed]).toContain('bundle/cache.cjs');
    expect([...packed].filter((file) => file.endsWith('.cache'))).toEqual([]);
  });

  it('has the command itself', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> };
    expect([...packed]).toContain(bin.plugpull);
  });

  it('has what the native library is compiled from, when it is installed', () => {
    const sources = ['src', 'include'].flatMap((folder) =>
      readdirSync(join(ROOT, 'native', folder)).map((name) => `native/${folder}/${name}`),
    );
    expect([...sources, 'native/build.mjs'].filter((file) => !packed.has(file))).toEqual([]);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts.install).toBe('npm run build:native && node bundle/cache.cjs');
  });

  it('has every profile, and what Prometheus and Grafana are set up with', () => {
    const profiles = readdirSync(join(ROOT, 'rigs'))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `rigs/${name}`);
    // The paths that compose mounts into the containers.
    const mounted = [...readFileSync(join(ROOT, 'grafana/compose.yaml'), 'utf8').matchAll(/- \.\/([\w./-]+):/g)].map(
      ([, path]) => `grafana/${path}`,
    );
    expect(mounted.length).toBeGreaterThan(0);
    const isThere = (path: string): boolean =>
      packed.has(path) || [...packed].some((file) => file.startsWith(`${path}/`));
    expect([...profiles, 'rigs/schema.json', ...mounted].filter((path) => !isThere(path))).toEqual([]);
  });

  it('has no tests and no intermediate files of a build', () => {
    expect(
      [...packed].filter((file) =>
        /^test\/|^runs\/|tsbuildinfo|^dist\/dashboards\/|^native\/(build|test)\//.test(file),
      ),
    ).toEqual([]);
  });
});
