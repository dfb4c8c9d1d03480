/** Promise: every struct size, field offset and constant is the same in C and in TypeScript, with both FFIs. */
import { expect, it } from 'vitest';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE } from '../../src/base/observation.js';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { CONSTANTS, STRUCTS } from '../../src/blockdev/ffi/signatures.js';

/** The lines that `pp_layout` must return, in any order. */
function expectedLayout(): Map<string, number> {
  const lines = new Map<string, number>(Object.entries(CONSTANTS));
  for (const [name, layout] of Object.entries(STRUCTS)) {
    lines.set(`sizeof ${name}`, layout.sizeBytes);
    for (const [field, offset] of Object.entries(layout.offsetBytes)) lines.set(`offsetof ${name}.${field}`, offset);
  }
  return lines;
}

for (const ffi of ['koffi', 'ffi-napi'] as const) {
  it(`the library reports the layout of the signature table (${ffi})`, () => {
    const lines = loadNative(ffi).pp_layout().trim().split('\n');
    const reported = new Map(
      lines.map((line) => line.split(/ (?=\d+$)/)).map(([name, value]) => [name!, Number(value)]),
    );
    expect(Object.fromEntries(reported)).toEqual(Object.fromEntries(expectedLayout()));
    expect(reported.size).toBe(lines.length);
  });
}

it('the constants of the other rooms have the values of C', () => {
  expect(IO_OP).toEqual({
    read: CONSTANTS.PP_OP_READ,
    write: CONSTANTS.PP_OP_WRITE,
    writeDurable: CONSTANTS.PP_OP_WRITE_DURABLE,
    flush: CONSTANTS.PP_OP_FLUSH,
    discard: CONSTANTS.PP_OP_DISCARD,
  });
  expect(OBSERVED).toEqual({
    valid: CONSTANTS.PP_KIND_VALID,
    zero: CONSTANTS.PP_KIND_ZERO,
    foreign: CONSTANTS.PP_KIND_FOREIGN,
    corrupt: CONSTANTS.PP_KIND_CORRUPT,
  });
  expect(Object.values(OBSERVED)).not.toContain(OBSERVED_UNREADABLE);
  expect(OBSERVATION_FIELD.strideDoubles).toBe(CONSTANTS.PP_OBSERVATION_DOUBLES);
});
