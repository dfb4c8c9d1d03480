/** What P held in the range of a resync copy when it was read: the blocks that are not in the base state, ascending. */

const INITIAL_CAPACITY = 256;

export class CopySnapshot {
  blocks = new Float64Array(INITIAL_CAPACITY);
  durable = new Float64Array(INITIAL_CAPACITY);
  issued = new Float64Array(INITIAL_CAPACITY);
  damaged = new Uint8Array(INITIAL_CAPACITY);
  /** Blocks of the range, and how many of them are listed. */
  blockCount = 0;
  size = 0;

  begin(blockCount: number): void {
    this.blockCount = blockCount;
    this.size = 0;
  }

  add(block: number, durable: number, issued: number, damaged: number): void {
    if (this.size === this.blocks.length) this.grow();
    const k = this.size++;
    this.blocks[k] = block;
    this.durable[k] = durable;
    this.issued[k] = issued;
    this.damaged[k] = damaged;
  }

  private grow(): void {
    const { blocks, durable, issued, damaged } = this;
    const capacity = 2 * blocks.length;
    this.blocks = new Float64Array(capacity);
    this.durable = new Float64Array(capacity);
    this.issued = new Float64Array(capacity);
    this.damaged = new Uint8Array(capacity);
    this.blocks.set(blocks);
    this.durable.set(durable);
    this.issued.set(issued);
    this.damaged.set(damaged);
  }
}
