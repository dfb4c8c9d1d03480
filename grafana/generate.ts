/** Writes grafana/generated/. `npm run grafana` runs it in the root of the repository. */
import { writeFileSync } from 'node:fs';
import { generateDashboards } from './dashboards/index.js';

for (const [file, json] of Object.entries(generateDashboards())) {
  writeFileSync(`grafana/generated/${file}`, json);
}
