/** Every dashboard, by the name of its generated file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { campaignDashboard } from './campaign.js';

export function generateDashboards(): Record<string, string> {
  return { 'campaign.json': toJson(campaignDashboard()) };
}

/** Panels are numbered here: a link to one must not change because Grafana numbered them otherwise. */
function toJson(dashboard: Dashboard): string {
  const panels = dashboard.panels?.map((panel, i) => ({ ...panel, id: i + 1 }));
  return `${JSON.stringify({ ...dashboard, panels }, null, 2)}\n`;
}
