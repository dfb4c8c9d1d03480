/** How a measurement lets Ctrl-C in, and says what it does. */

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Lets signals in, which a loop without a turn of the event loop would never see. @throws CampaignError INTERRUPTED */
  breathe(): Promise<void>;
  /** What is done now, on stderr: a minute is long without a word. */
  say(what: string): void;
}
