// Preloaded (NODE_OPTIONS) into a bench: replaces parts of the core by those of one of the explorer's mutants, in every
// thread. PLUGPULL_TEST_MUTANT names the mutant. Both modules are entries of the bundle: the program uses these objects.
import { CORE_PARTS } from '../../dist/tracker/core/coreStatus.js';
import { mutantNamed } from '../../dist/explore/mutants/index.js';

Object.assign(CORE_PARTS, mutantNamed(process.env.PLUGPULL_TEST_MUTANT).parts.core);
