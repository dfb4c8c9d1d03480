/**
 * `node bundle/cache.cjs`, once the bundle is written: writes the code cache of each of its files, with all functions
 * compiled. By default V8 leaves a function out until its first call.
 */
'use strict';
const { readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');
const { compile } = require('../dist/bundle/load.cjs');

const BUNDLE = join(__dirname, '../dist/bundle');

for (const name of readdirSync(BUNDLE, { recursive: true })) {
  if (!name.endsWith('.bundle.cjs')) continue;
  const file = join(BUNDLE, name);
  v8.setFlagsFromString('--no-lazy');
  const script = compile(file);
  // V8 refuses a cache that was made under other flags than those of the process that reads it.
  v8.setFlagsFromString('--lazy');
  writeFileSync(`${file}.cache`, script.createCachedData());
}
