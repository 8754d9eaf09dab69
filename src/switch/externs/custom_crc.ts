import { EngineError, type CrcParameters } from '../engine';

/** What BMv2 starts with: the plain crc16 and crc32. */
const INITIAL: Record<16 | 32, CrcParameters> = {
  16: { polynomial: 0x8005, initial: 0, final_xor: 0, reflect_input: true, reflect_output: true },
  32: {
    polynomial: 0x04c11db7,
    initial: 0xffffffff,
    final_xor: 0xffffffff,
    reflect_input: true,
    reflect_output: true,
  },
};

function reflect(value: number, bits: number): number {
  let reflected = 0;
  for (let i = 0; i < bits; i++) if ((value >>> i) & 1) reflected |= 1 << (bits - 1 - i);
  return reflected >>> 0;
}

const REFLECTED_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => reflect(byte, 8));

/** The crc16_custom or crc32_custom of one calculation, with parameters that can be changed while it runs. */
export class CustomCrc {
  private readonly mask: number;
  private readonly table = new Uint32Array(256);
  private parameters: CrcParameters;

  constructor(
    readonly name: string,
    private readonly width: 16 | 32,
  ) {
    this.mask = width === 32 ? 0xffffffff : 0xffff;
    this.parameters = INITIAL[width];
    this.fillTable();
  }

  /** @throws EngineError for a number wider than the CRC */
  configure(parameters: CrcParameters): void {
    for (const field of ['polynomial', 'initial', 'final_xor'] as const) {
      const value = parameters[field];
      if (!Number.isInteger(value) || value < 0 || value > this.mask)
        throw new EngineError(
          'INVALID_ARGUMENT',
          `calculation "${this.name}": ${field} ${value} does not fit in ${this.width} bits`,
        );
    }
    this.parameters = { ...parameters };
    this.fillTable();
  }

  compute(bytes: Uint8Array, length: number): number {
    const { width, mask, table } = this;
    const { initial, final_xor, reflect_input, reflect_output } = this.parameters;
    let crc = initial;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      const at = ((reflect_input ? (REFLECTED_BYTES[byte] as number) : byte) ^ (crc >>> (width - 8))) & 0xff;
      crc = (((table[at] as number) ^ (crc << 8)) & mask) >>> 0;
    }
    return ((reflect_output ? reflect(crc, width) : crc) ^ final_xor) >>> 0;
  }

  private fillTable(): void {
    const { width, mask, table } = this;
    const top = 2 ** (width - 1);
    for (let byte = 0; byte < 256; byte++) {
      let crc = (byte << (width - 8)) >>> 0;
      for (let bit = 0; bit < 8; bit++)
        crc = (((crc & top) !== 0 ? (crc << 1) ^ this.parameters.polynomial : crc << 1) & mask) >>> 0;
      table[byte] = crc;
    }
  }
}
