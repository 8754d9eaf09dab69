import { type CounterValue, EngineError } from '../engine';

/** An indirect counter: packets and bytes by index. */
export class Counter {
  private readonly packets: Float64Array;
  private readonly bytes: Float64Array;

  constructor(
    readonly name: string,
    readonly size: number,
  ) {
    this.packets = new Float64Array(size);
    this.bytes = new Float64Array(size);
  }

  /** An index beyond the array counts nothing, as in BMv2. */
  count(index: number, bytes: number): void {
    if (index < 0 || index >= this.size) return;
    this.packets[index] = (this.packets[index] as number) + 1;
    this.bytes[index] = (this.bytes[index] as number) + bytes;
  }

  read(index: number): CounterValue {
    this.check(index);
    return { packets: BigInt(this.packets[index] as number), bytes: BigInt(this.bytes[index] as number) };
  }

  write(index: number, value: CounterValue): void {
    this.check(index);
    this.packets[index] = Number(value.packets);
    this.bytes[index] = Number(value.bytes);
  }

  private check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `counter "${this.name}": index ${index} is not within 0..${this.size - 1}`,
      );
  }
}
