/**
 * `node bundle/cache.cjs`, after a build and when a package is installed: writes the code cache of each file of the
 * bundle, with all functions compiled. By default V8 leaves a function out until its first call.
 */
'use strict';
const { existsSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');

const BUNDLE = join(__dirname, '../dist/bundle');

function writeCaches() {
  const { compile } = require(join(BUNDLE, 'load.cjs'));
  for (const name of readdirSync(BUNDLE, { recursive: true })) {
    if (!name.endsWith('.bundle.cjs')) continue;
    const file = join(BUNDLE, name);
    v8.setFlagsFromString('--no-lazy');
    const script = compile(file);
    // V8 refuses a cache that was made under other flags than those of the process that reads it.
    v8.setFlagsFromString('--lazy');
    writeFileSync(`${file}.cache`, script.createCachedData());
  }
}

// npm installs the dependencies of a fresh checkout before it builds.
if (existsSync(BUNDLE)) writeCaches();
