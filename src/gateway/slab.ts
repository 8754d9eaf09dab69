/** Memory that is handed out piece by piece, to whoever asks; nobody gives it back, but a slab that nobody looks at goes. */
import { FrameCopier } from '../afpacket/frame_copier';

const SLAB_OCTETS = 64 * 1024;

export class Slab {
  #buffer = Buffer.alloc(0);
  #copier = new FrameCopier(this.#buffer);
  #used = 0;

  /** What the piece reserved last lies in. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Where in `buffer` so many octets begin that nobody else has. */
  reserve(octets: number): number {
    if (this.#buffer.length - this.#used < octets) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(SLAB_OCTETS, octets));
      this.#copier = new FrameCopier(this.#buffer);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += octets;
    return start;
  }

  /** `source[start, end)` to `at` of `buffer`. */
  copy(source: Uint8Array, start: number, end: number, at: number): void {
    this.#copier.copy(source, start, end, at);
  }
}
