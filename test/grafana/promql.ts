/** The metrics and labels of a PromQL expression, parsed with the grammar of Prometheus. */
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';

export interface Asked {
  /** Metric names as written, with _bucket, _sum or _count, and the labels of the selector. */
  selectors: { metric: string; labels: string[] }[];
  /** Labels of every `by (…)`. */
  grouping: string[];
}

/** Grafana replaces these variables before it sends the query. */
const GRAFANA_VARIABLES: [RegExp, string][] = [[/\$__rate_interval|\$__range|\$__interval/g, '1m']];

/** @throws Error if the expression is not PromQL */
export function readPromql(expression: string): Asked {
  const text = GRAFANA_VARIABLES.reduce((t, [pattern, value]) => t.replace(pattern, value), expression);
  const asked: Asked = { selectors: [], grouping: [] };
  const of = (node: SyntaxNode): string => text.slice(node.from, node.to);
  parser.parse(text).iterate({
    enter({ node }) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expression}`);
      if (node.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (name === null) throw new Error(`a selector without a metric: ${of(node)}`);
        asked.selectors.push({ metric: of(name), labels: descendants(node, 'LabelName').map(of) });
      }
      if (node.name === 'GroupingLabels') asked.grouping.push(...descendants(node, 'LabelName').map(of));
    },
  });
  return asked;
}

function descendants(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node.cursor().iterate((n) => {
    if (n.from < node.from || n.to > node.to) return false;
    if (n.name === name) found.push(n.node);
    return true;
  });
  return found;
}
