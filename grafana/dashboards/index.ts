/** All dashboards, by the name of the generated file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { campaignDashboard } from './campaign.js';

export function generateDashboards(): Record<string, string> {
  return { 'campaign.json': toJson(campaignDashboard()) };
}

/** Numbers the panels here, so that links to them stay valid: Grafana could number them differently. */
function toJson(dashboard: Dashboard): string {
  const panels = dashboard.panels?.map((panel, i) => ({ ...panel, id: i + 1 }));
  return `${JSON.stringify({ ...dashboard, panels }, null, 2)}\n`;
}
