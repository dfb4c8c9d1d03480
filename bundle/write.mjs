/**
 * Bundles the program after tsc has compiled it, and compiles the bundle to V8's code cache: a command then starts in a
 * third of the time. The entry files (the command line, the lab's process, the threads) keep their places in dist/ and
 * are replaced by two lines that load their bundle; the bundles, and what they share, lie in dist/bundle/. Every other
 * file of dist/ stays as tsc wrote it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path/posix';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUNDLE = join(ROOT, 'dist/bundle');
const ENTRIES = [
  'cli/main',
  'lab/labProcess',
  'lab/disk/diskWorker',
  'replication/worker/worker',
  'explore/worker',
  // A test replaces parts of the core by broken ones, in the very objects that the program uses.
  'tracker/core/coreStatus',
  'explore/mutants/index',
];
/** The end of the names of the files that load.cjs loads. */
const EXTENSION = '.bundle.cjs';

/** Native add-ons look for their binaries beside themselves; ffi-napi is optional. */
const EXTERNAL = [/^koffi$/, /^@serialport\/bindings-cpp$/, /^@2060\.io\//];

/**
 * Modules locate package.json, the native library and each other's threads by `import.meta.url`. In a bundle it has to
 * name the file in dist/ that the module would have been without the bundle.
 */
const keepModuleUrls = {
  name: 'keep-module-urls',
  transform(code, id) {
    const path = relative(`${ROOT}src`, id);
    if (path.startsWith('..') || !code.includes('import.meta.url')) return null;
    return code.replaceAll('import.meta.url', `MODULE_URL(${JSON.stringify(path.replace(/\.ts$/, '.js'))})`);
  },
  renderChunk(code, chunk) {
    const here = dirname(join('bundle', chunk.fileName));
    return code.replace(/^#!.*/, '').replaceAll(/MODULE_URL\("([^"]+)"\)/g, (_call, path) => {
      const file = JSON.stringify(relative(here, path));
      return `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${file})).href`;
    });
  },
};

async function writeBundle() {
  rmSync(BUNDLE, { recursive: true, force: true });
  const bundle = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
    platform: 'node',
    external: EXTERNAL,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    // What entries and others share lies in dist/bundle/shared/, so that no file of the bundle needs an entry.
    preserveEntrySignatures: 'strict',
    plugins: [keepModuleUrls],
  });
  const { output } = await bundle.write({
    dir: BUNDLE,
    format: 'cjs',
    entryFileNames: `[name]${EXTENSION}`,
    chunkFileNames: `shared/[name]${EXTENSION}`,
    // Half of some libraries is comments, and the engine scans them at each start.
    comments: false,
  });
  copyFileSync(join(ROOT, 'bundle/load.cjs'), join(BUNDLE, 'load.cjs'));
  for (const { name, isEntry, exports } of output) if (isEntry) replaceEntry(name, exports);
}

function replaceEntry(entry, exported) {
  const bundles = relative(dirname(entry), 'bundle');
  const load = `require('${bundles}/${entry}${EXTENSION}');`;
  const file = join(ROOT, `dist/${entry}.js`);
  writeFileSync(
    file,
    `#!/usr/bin/env node
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
require('${bundles}/load.cjs');
${exported.length > 0 ? `export const { ${exported.join(', ')} } = ` : ''}${load}
`,
  );
  chmodSync(file, 0o755);
}

function writeCodeCache() {
  spawnSync(process.execPath, ['bundle/cache.cjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(join(BUNDLE, `cli/main${EXTENSION}.cache`)))
    process.stderr.write('There is no code cache, so commands start slower; see the error above.\n');
}

await writeBundle();
writeCodeCache();
