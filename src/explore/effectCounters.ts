/** How often each effect of the core, and each event that only the devices see, has come up. */
export class EffectCounters {
  submitPrimary = 0;
  submitSecondary = 0;
  submitCopy = 0;
  flushPrimary = 0;
  flushSecondary = 0;
  flushJournal = 0;
  writeLog = 0;
  writePage = 0;
  ok = 0;
  refused = 0;
  refusedAtOnce = 0;
  failed = 0;
  free = 0;
  tailMoves = 0;
  outOfOrderCommits = 0;
  crashes = 0;
  recoveries = 0;
  damagedJournals = 0;
}
