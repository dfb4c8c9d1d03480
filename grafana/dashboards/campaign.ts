/**
 * A campaign at a glance: is it still passing, how long does a resync take, how much is dirty and why, what did the
 * power do, and what did the devices get wrong.
 */
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
    bad?: { from: number; colour: 'red' | 'orange' },
    unit = 'none',
  ): void => {
    d.withPanel(number({ title, about, unit, span: 4 }, [{ query, legend: '{{rig}}' }], bad));
  };
  d.withRow(new RowBuilder('Verdict'));
  at('Passed', 'Cycles with a proven cut in which everything held.', cycles('pass'));
  at('Failed', 'Cycles in which an invariant or a limit of the profile was broken.', cycles('fail'), {
    from: 1,
    colour: 'red',
  });
  at('Invalid', 'Cycles without proof that the cut happened; never counted as passed.', cycles('invalid'), {
    from: 1,
    colour: 'orange',
  });
  at(
    'Lost indicators',
    'Regions that differed and were not marked dirty (I1). One is too many.',
    total('plugpull_lost_indicators_total'),
    { from: 1, colour: 'red' },
  );
  at(
    'Lost acknowledged sectors',
    'Sectors acknowledged to the application and not on the primary (I2).',
    total('plugpull_lost_acknowledged_sectors_total'),
    { from: 1, colour: 'red' },
  );
  at(
    'Failure rate is below',
    'With 95 % confidence. Falls as about 3 over the number of cycles while none fails.',
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
          about: 'Complete resyncs of the last half hour. An interrupted one is not counted.',
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
            'Dirty in memory follows the load. Persisted ones cost a write each and should be few, but for a lost secondary.',
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
          about: 'Marked dirty after the last cut without a difference: what a resync copies for nothing.',
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
          about: 'Near 100 % regions are marked dirty to free the log.',
          unit: 'percentunit',
          span: 4,
        },
        [{ query: `${gauge('plugpull_log_used_bytes')} / ${gauge('plugpull_log_size_bytes')}`, legend: '{{rig}}' }],
        { max: 1 },
      ),
    )
    .withPanel(
      chart(
        { title: 'Updates in flight', about: 'Obtained and not yet acknowledged or given up.', unit: 'none', span: 4 },
        [{ query: gauge('plugpull_updates_in_flight'), legend: '{{rig}}' }],
      ),
    )
    .withPanel(
      chart(
        { title: 'Phase', about: 'How much of the running phase is done.', unit: 'percentunit', span: 4 },
        [{ query: gauge('plugpull_phase_progress_ratio'), legend: '{{rig}}' }],
        { max: 1 },
      ),
    );
}

function power(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('Power'))
    .withPanel(
      states(
        { title: 'Rails', about: 'As last known. Unknown: the board can not tell, or was not asked yet.', span: 8 },
        [{ query: gauge('plugpull_rail_state'), legend: '{{rig}} {{rail}}' }],
        {
          '1': { text: 'on', color: 'green' },
          '0': { text: 'off', color: 'dark-red' },
          '-1': { text: 'unknown', color: 'gray' },
        },
      ),
    )
    .withPanel(
      chart({ title: 'Cuts', about: 'Since the campaign began.', unit: 'none', span: 8 }, [
        { query: total('plugpull_power_cuts_total', ['rail']), legend: '{{rig}} {{rail}}' },
      ]),
    )
    .withPanel(
      chart(
        {
          title: 'Cut latency',
          about: 'Command to first failed I/O, last half hour: wire, contact, and the hold-up of the supply.',
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
        { title: 'Write latency', about: 'Submission to completion, by area.', unit: 's', span: 8 },
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
          about: 'What tracking costs an update: the wait for its log block. None for a region that has evidence.',
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
      chart({ title: 'Throughput', about: 'Completed writes, by area.', unit: 'Bps', span: 4 }, [
        { query: perSecond('plugpull_write_bytes_total', ['area']), legend: '{{rig}} {{area}}' },
      ]),
    )
    .withPanel(
      chart({ title: 'Writes', about: 'Completed writes a second, by area.', unit: 'wps', span: 4 }, [
        { query: perSecond('plugpull_writes_total', ['area']), legend: '{{rig}} {{area}}' },
      ]),
    );
}

function anomalies(d: DashboardBuilder): void {
  d.withRow(new RowBuilder('What the devices did'))
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
          about: 'Un-flushed sectors lost, reordered or torn by cuts, as a device may.',
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
            'Torn, corrupt or stale blocks of the journal that recovery met; each made something dirty, or did no harm.',
          unit: 'none',
          span: 8,
        },
        [{ query: total('plugpull_recovery_findings_total', ['where']), legend: '{{rig}} {{where}}' }],
      ),
    );
}
