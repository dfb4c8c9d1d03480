// Writes rigs/schema.json from the schema in src/rig/. Run by `npm run schema`, after a build.
import { writeFileSync } from 'node:fs';
import { rigJsonSchema } from '../dist/rig/schema/profile.js';

writeFileSync(`${import.meta.dirname}/schema.json`, rigJsonSchema());
