/** Errors of the options for metrics, and of the metrics server. */
import { PlugpullError } from '../base/plugpullError.js';

export type MetricsErrorCode =
  /** The text is not `[HOST:]PORT`. */
  | 'METRICS_ADDRESS'
  /** The text is not the URL of a Pushgateway. */
  | 'METRICS_PUSH_URL'
  /** The text is not the name of a file that node_exporter reads. */
  | 'METRICS_TEXTFILE'
  | 'METRICS_PORT_IN_USE'
  /** The host is not an address of this machine, or its name is unknown. */
  | 'METRICS_HOST'
  /** The user may not listen on the TCP port. */
  | 'METRICS_DENIED'
  | 'METRICS_LISTEN';

export interface MetricsErrorContext {
  host?: string;
  port?: number;
  text?: string;
  /** The code of the operating system, such as EADDRINUSE. */
  cause?: string;
}

export class MetricsError extends PlugpullError<MetricsErrorCode, MetricsErrorContext> {}
