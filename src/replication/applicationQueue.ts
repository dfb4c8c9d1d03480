/** Updates that the application has out: it asks for another only while the queue has room. */
import type { Answer } from '../tracker/core/effects.js';

export class ApplicationQueue {
  readonly answers: Record<Answer, number> = { ok: 0, refused: 0, failed: 0 };
  private out = 0;

  /** Obtained and not answered yet. */
  get outstanding(): number {
    return this.out;
  }

  obtained(): void {
    this.out++;
  }

  answered(answer: Answer): void {
    this.answers[answer]++;
    this.out--;
  }
}
