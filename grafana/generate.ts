/** Writes grafana/generated/. Run from the root of the repository by `npm run grafana`. */
import { writeFileSync } from 'node:fs';
import { generateDashboards } from './dashboards/index.js';

for (const [file, json] of Object.entries(generateDashboards())) {
  writeFileSync(`grafana/generated/${file}`, json);
}
