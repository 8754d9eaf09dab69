/** A whole virtualizer under simulated time: the compiled program, and the controller's decisions behind it. */
import pino from 'pino';
import type { Config } from '../../config/config';
import { Network } from '../../controller/network';
import { Virtualizer } from '../../controller/virtualizer';
import { CPU_PORT } from '../../dataplane/constants';
import { packetOut } from '../../dataplane/packet_io';
import { DrivenProgram } from './driven_program';
import type { Timeline } from '../../sim';

export interface DrivenVirtualizerOptions {
  config: Config;
  timeline: Timeline;
  /** How long a frame takes to the controller, or from it; none overtakes another. None without it. */
  delay_us?: () => number;
  /** A frame has left by a port. */
  onFrame: (port: number, frame: Uint8Array) => void;
}

export class DrivenVirtualizer {
  readonly program: DrivenProgram;
  readonly virtualizer: Virtualizer;
  readonly network: Network;

  /** All tables are written once the timeline has begun. */
  constructor({ config, timeline, delay_us = () => 0, onFrame }: DrivenVirtualizerOptions) {
    this.network = new Network(config);
    const inwards = inOrder(timeline, delay_us);
    const outwards = inOrder(timeline, delay_us);
    this.program = new DrivenProgram(() => timeline.now_us, {
      frame: onFrame,
      punt: (punted) => inwards(() => this.virtualizer.receive(punted)),
    });
    this.virtualizer = new Virtualizer({
      network: this.network,
      clock: timeline,
      logger: pino({ level: 'silent' }),
      first_xid: 1,
      send: (port_number, frame, operation) => {
        outwards(() => {
          // The program hands the canary back.
          if (port_number === CPU_PORT) this.virtualizer.path.canaryReturned();
          else this.program.packetOut(packetOut(port_number, frame, operation));
        });
        return true;
      },
      record: () => undefined,
      responses: (_store_id, callback) => callback(undefined),
      want: (tables) => {
        for (const rows of tables.values()) this.program.insert(rows);
      },
      change: (changes) => {
        this.program.insert([...changes].flatMap(({ row, is_wanted }) => (is_wanted ? [row] : [])));
      },
      whenWritten: (_rows, callback) => callback(),
      onStalled: () => undefined,
    });
    timeline.at(timeline.now_us, () => this.virtualizer.resume());
  }
}

function inOrder(timeline: Timeline, delay_us: () => number): (happen: () => void) => void {
  let last_us = 0;
  return (happen) => {
    last_us = Math.max(last_us, timeline.now_us + delay_us());
    timeline.at(last_us, happen);
  };
}
