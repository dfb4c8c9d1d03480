/** The dashboard of a campaign: verdicts, resync and recovery, indicators, power, latency, and faults of devices. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { chart, DATASOURCE, number, states } from '../panels.js';
import { eventMean, eventQuantile, gauge, perSecond, quantile, total } from '../queries.js';

export function campaignDashboard(): Dashboard {
  const d = new DashboardBuilder('plugpull: campaign')
    .uid('plugpull-campaign')
    .description('Power cuts on a pair of storage areas: verdicts, resync, indicators, cuts, latencies, anomalies.')
    .tags(['plugpull', 'storage'])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('5s')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('rig')
        .label('Rig')
        .datasource(DATASOURCE)
        .query('label_values(plugpull_cycles_total, rig)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true),
    );
  verdict(d);
  resync(d);
  indicators(d);
  power(d);
  latency(d);
  anomalies(d);
  return d.build();
}

function verdict(d: DashboardBuilder): void {
  const cycles = (v: string): string => total('plugpull_cycles_total', [], `verdict="${v}"`);
  const at = (
    title: string,
    about: string,
    query: string,
    bad?: { from: number; color: 'red' | 'orange' },
    unit = 'none',
  ): void => {
    d.withPanel(number({ title, about, unit, span: 4 }, [{ query, legend: '{{rig}}' }], bad));
  };
  d.withRow(new RowBuilder('Verdict'));
  at('Passed', 'Cycles with a proven cut in which no rule was broken.', cycles('pass'));
  at('Failed', 'Cycles in which an invariant or a limit of the profile was broken.', cycles('fail'), {
    from: 1,
    color: 'red',
  });
  at('Invalid', 'Cycles without proof that the cut happened; never counted as passed.', cycles('invalid'), {
    from: 1,
    color: 'orange',
  });
  at(
    'Lost indicators',
    'Regions that differed and were not marked dirty (I1). Must be 0.',
    total('plugpull_lost_indicators_total'),
    { from: 1, color: 'red' },
  );
  at(
    'Lost acknowledged sectors',
    'Sectors that were acknowledged to the application and are not on the primary (I2). Must be 0.',
    total('plugpull_lost_acknowledged_sectors_total'),
    { from: 1, color: 'red' },
  );
  at(
    'Failure rate is below',
    'With 95 % confidence. While no cycle fails, it is about 3 divided by the number of cycles.',
    gauge('plugpull_failure_rate_upper_bound'),
    undefined,
    'percentunit',
  );
}

function resync(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Resync and recovery'))
    .withPanel(
      chart(
        {
          title: 'Resync time',
          about: 'Complete resyncs of the last half hour. Interrupted ones are not counted.',
          unit: 's',
          span: 6,
        },
        [
          { query: eventMean('plugpull_resync_duration_seconds'), legend: '{{rig}} mean' },
          { query: eventQuantile(0.95, 'plugpull_resync_duration_seconds'), legend: '{{rig}} 95 %' },
        ],
      ),
    )
    .withPanel(
      chart({ title: 'Resync rate', about: 'Bytes copied from primary to secondary.', unit: 'Bps', span: 6 }, [
        { query: perSecond('plugpull_resync_bytes_total'), legend: '{{rig}}' },
      ]),
    )
    .withPanel(
      chart(
        { title: 'Remaining', about: 'Regions that the running resync has still to copy.', unit: 'none', span: 6 },
        [{ query: gauge('plugpull_resync_remaining_regions'), legend: '{{rig}} regions' }],
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Resync: time left',
          about: 'From how fast the number of dirty regions falls; no line: not known, or it does not fall.',
          unit: 's',
          span: 6,
        },
        [{ query: gauge('plugpull_resync_left_seconds'), legend: '{{rig}}' }],
      ),
    )
    .withPanel(
      chart({ title: 'Recovery time', about: 'Reading the journal after a cut; last half hour.', unit: 's', span: 6 }, [
        { query: eventMean('plugpull_recovery_duration_seconds'), legend: '{{rig}} mean' },
        { query: eventQuantile(0.95, 'plugpull_recovery_duration_seconds'), legend: '{{rig}} 95 %' },
      ]),
    );
}

function indicators(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Indicators and log'))
    .withPanel(
      chart(
        {
          title: 'Dirty regions and persisted indicators',
          about:
            'Dirty regions in memory follow the load. Each persisted indicator costs a write: there should be few, unless the secondary is lost.',
          unit: 'none',
          span: 8,
        },
        [
          { query: gauge('plugpull_dirty_regions'), legend: '{{rig}} dirty' },
          { query: gauge('plugpull_persisted_indicators'), legend: '{{rig}} persisted' },
          { query: gauge('plugpull_regions'), legend: '{{rig}} all regions' },
        ],
        { logScale: true },
      ),
    )
    .withPanel(
      chart(
        {
          title: 'False dirty regions',
          about:
            'Regions that were dirty after the last cut although their copies are equal. A resync copies them without need.',
          unit: 'none',
          span: 4,
        },
        [{ query: gauge('plugpull_false_dirty_regions'), legend: '{{rig}}' }],
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Log in use',
          about: 'Near 100 %, the engine marks regions dirty in the indicator area to free the log.',
          unit: 'percentunit',
          span: 4,
        },
        [{ query: `${gauge('plugpull_log_used_bytes')} / ${gauge('plugpull_log_size_bytes')}`, legend: '{{rig}}' }],
        { max: 1 },
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Updates in flight',
          about: 'Updates obtained and not yet acknowledged or given up.',
          unit: 'none',
          span: 4,
        },
        [{ query: gauge('plugpull_updates_in_flight'), legend: '{{rig}}' }],
      ),
    )
    .withPanel(
      chart(
        { title: 'Phase', about: 'The completed part of the running phase.', unit: 'percentunit', span: 4 },
        [{ query: gauge('plugpull_phase_progress_ratio'), legend: '{{rig}}' }],
        { max: 1 },
      ),
    );
}

function power(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Power'))
    .withPanel(
      states(
        {
          title: 'Rails',
          about: 'Last known state. Unknown: the board cannot report it, or was not asked yet.',
          span: 8,
        },
        [{ query: gauge('plugpull_rail_state'), legend: '{{rig}} {{rail}}' }],
        {
          '1': { text: 'on', color: 'green' },
          '0': { text: 'off', color: 'dark-red' },
          '-1': { text: 'unknown', color: 'gray' },
        },
      ),
    )
    .withPanel(
      chart({ title: 'Cuts', about: 'Cuts since the campaign started.', unit: 'none', span: 8 }, [
        { query: total('plugpull_power_cuts_total', ['rail']), legend: '{{rig}} {{rail}}' },
      ]),
    )
    .withPanel(
      chart(
        {
          title: 'Cut latency',
          about:
            'Time from the command to the first failed I/O in the last half hour: wire, contact, and hold-up of the supply.',
          unit: 's',
          span: 8,
        },
        [
          { query: eventMean('plugpull_cut_latency_seconds', ['rail']), legend: '{{rig}} {{rail}} mean' },
          { query: eventQuantile(0.95, 'plugpull_cut_latency_seconds', ['rail']), legend: '{{rig}} {{rail}} 95 %' },
        ],
      ),
    );
}

function latency(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Load'))
    .withPanel(
      chart(
        { title: 'Write latency', about: 'Time from submission to completion, by area.', unit: 's', span: 8 },
        [
          { query: quantile(0.5, 'plugpull_write_duration_seconds', ['area']), legend: '{{rig}} {{area}} 50 %' },
          { query: quantile(0.99, 'plugpull_write_duration_seconds', ['area']), legend: '{{rig}} {{area}} 99 %' },
        ],
        { logScale: true },
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Evidence wait',
          about:
            'The cost of tracking for an update: the wait for its log block. An update to a region that has evidence does not wait.',
          unit: 's',
          span: 8,
        },
        [
          { query: quantile(0.5, 'plugpull_evidence_wait_seconds'), legend: '{{rig}} 50 %' },
          { query: quantile(0.99, 'plugpull_evidence_wait_seconds'), legend: '{{rig}} 99 %' },
        ],
        { logScale: true },
      ),
    )
    .withPanel(
      chart({ title: 'Throughput', about: 'Bytes of completed writes, by area.', unit: 'Bps', span: 4 }, [
        { query: perSecond('plugpull_write_bytes_total', ['area']), legend: '{{rig}} {{area}}' },
      ]),
    )
    .withPanel(
      chart({ title: 'Writes', about: 'Completed writes per second, by area.', unit: 'wps', span: 4 }, [
        { query: perSecond('plugpull_writes_total', ['area']), legend: '{{rig}} {{area}}' },
      ]),
    );
}

function anomalies(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Devices'))
    .withPanel(
      chart(
        {
          title: 'Anomalies',
          about: 'Faults by class of the fault catalogue. A device that keeps its promises has none.',
          unit: 'none',
          span: 8,
        },
        [{ query: total('plugpull_anomalies_total', ['area', 'class']), legend: '{{rig}} {{area}} {{class}}' }],
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Legal losses',
          about: 'Sectors that cuts left lost, reordered or torn before a flush. A device may do that.',
          unit: 'none',
          span: 8,
        },
        [{ query: total('plugpull_legal_losses_total', ['area', 'class']), legend: '{{rig}} {{area}} {{class}}' }],
      ),
    )
    .withPanel(
      chart(
        {
          title: 'Metadata findings',
          about:
            'Torn, corrupt or stale blocks of the journal that recovery found. Each one either made regions dirty or had no effect.',
          unit: 'none',
          span: 8,
        },
        [{ query: total('plugpull_recovery_findings_total', ['where']), legend: '{{rig}} {{where}}' }],
      ),
    );
}
