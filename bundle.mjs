/**
 * Bundles the program after tsc has compiled it: a command then reads a dozen files instead of a thousand, and starts in
 * half the time. The entry files (the command line, the lab's process, the threads) keep their places in dist/ and are
 * replaced; what they share lies in dist/chunks/. Every other file of dist/ stays as tsc wrote it.
 */
import { dirname, relative } from 'node:path/posix';
import { fileURLToPath, URL } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
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

/** Native add-ons look for their binaries beside themselves; ffi-napi is optional. */
const EXTERNAL = [/^koffi$/, /^@serialport\/bindings-cpp$/, /^@2060\.io\//];

/**
 * Modules locate package.json, the native library and each other's threads by `import.meta.url`. In a chunk it has to
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
    return code.replaceAll(
      /MODULE_URL\("([^"]+)"\)/g,
      (_call, path) => `new URL(${JSON.stringify(relative(dirname(chunk.fileName), path))}, import.meta.url).href`,
    );
  },
};

const bundle = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
  platform: 'node',
  external: EXTERNAL,
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  plugins: [keepModuleUrls],
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  // Half of some libraries is comments, and the engine scans them at each start.
  comments: false,
});
