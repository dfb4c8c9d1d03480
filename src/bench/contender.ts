/**
 * Who is measured by `bench core`: each keeps a number of updates in flight, and on `run` obtains and acknowledges so many
 * more. All work on the same stream.
 *
 *   core    the whole protocol: evidence, log, order, acknowledgement, indicators; only the devices are missing
 *   sets    the core's update sets and indicators alone: what `plain` does, and nothing more
 *   plain   Map<region, Set<update>> and Map<update, region>, for an acknowledgement names the update alone
 */
export type Kind = 'core' | 'sets' | 'plain';

export interface Contender {
  /** Obtains and acknowledges `pairs` updates; as many as before are in flight afterwards. */
  run(pairs: number): void;
}
