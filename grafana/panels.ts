/** Builders of panels: all have the same style, data source and query language. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Width in columns of Grafana's grid, which has 24. */
export type Span = 3 | 4 | 6 | 8 | 12 | 24;

export interface Series {
  query: string;
  legend: string;
}

export interface PanelText {
  title: string;
  /** The panel's description: what it shows and what to look for. */
  about: string;
  /** Grafana's name for the unit. */
  unit: string;
  span: Span;
}

const CHART_HEIGHT = 8;
const STAT_HEIGHT = 4;

function targets(series: Series[], instant = false): DataqueryBuilder[] {
  return series.map(({ query, legend }, i) => {
    const q = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .expr(query)
      .legendFormat(legend);
    return instant ? q.instant() : q.range();
  });
}

export function chart(
  text: PanelText,
  series: Series[],
  options: { logScale?: boolean; min?: number; max?: number } = {},
): Builder<Panel> {
  const panel = new TimeseriesBuilder()
    .title(text.title)
    .description(text.about)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .span(text.span)
    .height(CHART_HEIGHT)
    .targets(targets(series))
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  // A logarithmic axis cannot start at zero.
  if (options.logScale === true)
    panel.scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
  else panel.min(options.min ?? 0);
  if (options.max !== undefined) panel.max(options.max);
  return panel;
}

/** `bad`: values from `from` up have this color; undefined: all values have the color of text. */
export function number(
  text: PanelText,
  series: Series[],
  bad?: { from: number; color: 'red' | 'orange' },
): Builder<Panel> {
  const steps =
    bad === undefined
      ? [{ value: null, color: 'text' }]
      : [
          { value: null, color: 'green' },
          { value: bad.from, color: bad.color },
        ];
  return new StatBuilder()
    .title(text.title)
    .description(text.about)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .span(text.span)
    .height(STAT_HEIGHT)
    .targets(targets(series, true))
    .noValue('–')
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
}

export interface StateWord {
  text: string;
  color: string;
}

/** A bar for each series; its color shows the value. */
export function states(
  text: Omit<PanelText, 'unit'>,
  series: Series[],
  words: Record<string, StateWord>,
): Builder<Panel> {
  const options = Object.fromEntries(Object.entries(words).map(([value, word], index) => [value, { ...word, index }]));
  return new StateTimelineBuilder()
    .title(text.title)
    .description(text.about)
    .datasource(DATASOURCE)
    .span(text.span)
    .height(CHART_HEIGHT)
    .targets(targets(series))
    .mappings([{ type: MappingType.ValueToText, options }])
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    );
}
