/** The metrics server could not do what it was asked. */
import { PlugpullError } from '../base/plugpullError.js';

export type MetricsErrorCode =
  /** The text is no `[HOST:]PORT`. */
  | 'METRICS_ADDRESS'
  /** The text is no URL of a Pushgateway. */
  | 'METRICS_PUSH_URL'
  /** The text is no name of a file that node_exporter reads. */
  | 'METRICS_TEXTFILE'
  | 'METRICS_PORT_IN_USE'
  /** The host is not an address of this machine, or its name is unknown. */
  | 'METRICS_HOST'
  /** Not allowed to listen there. */
  | 'METRICS_DENIED'
  | 'METRICS_LISTEN';

export interface MetricsErrorContext {
  host?: string;
  port?: number;
  text?: string;
  /** The system's own code, as EADDRINUSE. */
  cause?: string;
}

export class MetricsError extends PlugpullError<MetricsErrorCode, MetricsErrorContext> {}
