/**
 * Loads the files of the bundle with the code cache that the build made from them: V8 then neither parses nor compiles
 * them. V8 refuses the cache of another version of Node.js, and compiles the file as usual. Node's own compile cache
 * needs version 22.8, and a run would write it: a program that runs as root reads no code that a run has written.
 */
'use strict';
const { readFileSync, statSync } = require('node:fs');
const Module = require('node:module');
const { dirname } = require('node:path');
const vm = require('node:vm');

const EXTENSION = '.bundle.cjs';

/** V8 compares only the length of the text with that of its cache, so a cache older than its file is not used. */
function codeCache(file) {
  try {
    const cache = `${file}.cache`;
    return statSync(cache).mtimeMs >= statSync(file).mtimeMs ? readFileSync(cache) : undefined;
  } catch {
    return undefined;
  }
}

function compile(file) {
  return new vm.Script(Module.wrap(readFileSync(file, 'utf8')), {
    filename: file,
    cachedData: codeCache(file),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

Module._extensions[EXTENSION] = (module, file) => {
  const load = (id) => module.require(id);
  compile(file).runInThisContext()(module.exports, load, module, file, dirname(file));
};

module.exports = { compile };
