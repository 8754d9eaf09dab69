/** What the switch remembers of datagrams: p4/controls/fragment.p4. */
import { crc32 } from 'node:zlib';
import { FRAGMENT_LIFETIME_US } from '../../dataplane/fragment';
import type { Engine } from '../../switch';
import { ETHERNET_HEADER_LENGTH } from '../../wire/ethernet';
import { dataView } from '../../wire/field';

const REGISTER = 'StoreswitchIngress.fragment.fragment_';
const SENDER_CLIENT = 1;
const FREE = 0n;
/** Offsets in a frame. */
const [IDENTIFICATION, PROTOCOL, SOURCE] = [4, 9, 12].map((at) => ETHERNET_HEADER_LENGTH + at) as [
  number,
  number,
  number,
];

export class FragmentRows {
  readonly #rows: number;

  constructor(private readonly engine: Engine) {
    this.#rows = engine.registerSize(`${REGISTER}state`);
  }

  /** Rows that count still. */
  live(now_us: number): number {
    let live = 0;
    for (let row = 0; row < this.#rows; row++) if (this.#isLive(row, now_us)) live += 1;
    return live;
  }

  /** Whether the datagram that the client's frame is of has a row. */
  holds(frame: Uint8Array, now_us: number): boolean {
    // As the program does: addresses; who sent it, protocol and identification.
    const key = new Uint8Array(12);
    key.set(frame.subarray(SOURCE, SOURCE + 8));
    key[8] = SENDER_CLIENT;
    key[9] = frame[PROTOCOL] as number;
    key.set(frame.subarray(IDENTIFICATION, IDENTIFICATION + 2), 10);
    const row = crc32(key) % this.#rows;
    const view = dataView(key);
    return (
      this.#isLive(row, now_us) &&
      ['client', 'service', 'id'].every((name, i) => this.#read(name, row) === BigInt(view.getUint32(4 * i)))
    );
  }

  #isLive(row: number, now_us: number): boolean {
    const age_us = now_us - Number(this.#read('seen_us', row));
    return this.#read('state', row) !== FREE && age_us < FRAGMENT_LIFETIME_US;
  }

  #read(name: string, row: number): bigint {
    return this.engine.readRegister(`${REGISTER}${name}`, row);
  }
}
