/** The exports of the core that the tests use. */
export { BUSY, Core, REFUSED } from '../../../src/tracker/core/core.js';
export { CORE_PARTS } from '../../../src/tracker/core/coreStatus.js';
export type { CoreParts } from '../../../src/tracker/core/coreStatus.js';
export type { CoreConfig } from '../../../src/tracker/core/config.js';
export type { Answer, CoreEffects } from '../../../src/tracker/core/effects.js';
export { JOURNAL, PRIMARY, SECONDARY } from '../../../src/tracker/core/devices.js';
