// Preloaded (NODE_OPTIONS) into a bench that is to run one of the explorer's broken engines: its parts take the place of
// the core's own, in every thread. The name comes in PLUGPULL_TEST_MUTANT.
import { CORE_PARTS } from '../../dist/tracker/core/coreStatus.js';
import { mutantNamed } from '../../dist/explore/mutants/index.js';

Object.assign(CORE_PARTS, mutantNamed(process.env.PLUGPULL_TEST_MUTANT).parts.core);
