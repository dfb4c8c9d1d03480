/** What the tests need of the core, in one place. */
export { BUSY, Core, CORE_PARTS, REFUSED } from '../../src/core/core.js';
export type { CoreParts } from '../../src/core/core.js';
export type { CoreConfig } from '../../src/core/config.js';
export type { Answer, CoreEffects } from '../../src/core/effects.js';
export { JOURNAL, PRIMARY, SECONDARY } from '../../src/core/devices.js';
