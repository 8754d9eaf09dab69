/** Entry of the packet thread: engine, ports and their loop. Never returns to its event loop until it is closed. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AfPacketPort } from '../ports/afpacket';
import { PcapPort, ReplaySchedule } from '../ports/pcap_replay';
import type { PollablePort } from '../ports/port';
import { ControlTasks, type PortKeeper } from './control_tasks';
import type { DataplaneObserver } from './dataplane';
import type { EngineModule } from './engine_calls';
import { FrameRing } from './frame_ring';
import type { FromWorker, Request, WorkerSetup } from './messages';
import { LinkLog } from './link_log';
import { Coalescing } from './coalescing';
import { PacketLoop, type LoopControl } from './packet_loop';
import { SwitchCore } from './switch_core';
import { ThreadScheduling } from './thread_scheduling';
import { Wakeup } from './wakeup';

/** Longest slice of control work between two batches of packets, if no single step takes longer. */
const SLICE_MS = 0.2;
/** Packet-outs between two batches of packets. */
const PACKET_OUTS_PER_TURN = 64;
/** Digests, idle notifications and traces the main thread may be behind by. */
const EVENTS_IN_FLIGHT_MAX = 8192;
/** Of captures that the main thread has yet to write. */
const CAPTURED_IN_FLIGHT_BYTES_MAX = 32 * 1024 * 1024;

if (parentPort === null) throw new Error('packet_worker runs only as a worker thread');
const main = parentPort;
const setup = workerData as WorkerSetup;

function post(message: FromWorker): void {
  main.postMessage(message);
}

function openPorts(hasProgram: () => boolean): PollablePort[] {
  const opened: PollablePort[] = [];
  const wait_s = Math.max(0, ...setup.ports.map(({ replay }) => replay?.wait_s ?? 0));
  const schedule = new ReplaySchedule(wait_s * 1_000_000, hasProgram);
  try {
    for (const { number, interface_name, replay } of setup.ports)
      opened.push(
        replay === undefined
          ? new AfPacketPort(number, interface_name)
          : new PcapPort(number, interface_name, schedule),
      );
  } catch (error) {
    for (const port of opened) port.close();
    throw error;
  }
  return opened;
}

async function runWorker(): Promise<void> {
  const { createEngine } = (await import(setup.engine_module)) as EngineModule;
  const ports = openPorts(() => core.hasProgram);
  const wakeup = Wakeup.attach(setup.shared, setup.wake_fd);
  const packet_ins = FrameRing.attach(setup.packet_ins);
  const packet_outs = FrameRing.attach(setup.packet_outs);
  const core: SwitchCore = new SwitchCore(createEngine, ports, setup.options, log);

  function log(level: 'info' | 'warn' | 'error', message: string): void {
    // A packet may log as often as it likes.
    if (wakeup.eventsInFlight() >= EVENTS_IN_FLIGHT_MAX) {
      core.counts.log_dropped++;
      return;
    }
    wakeup.addEventsInFlight(1);
    post({ kind: 'log', level, message });
  }
  let stopped = false;

  /** Posts reports unless the other thread is too far behind. */
  function report(count: number, message: FromWorker): void {
    if (!hasRoom(count)) {
      core.counts.events_dropped += count;
      return;
    }
    wakeup.addEventsInFlight(count);
    post(message);
  }

  const hasRoom = (count: number): boolean => wakeup.eventsInFlight() + count <= EVENTS_IN_FLIGHT_MAX;

  const listener = {
    packetIns: (frames: Uint8Array[]) => {
      for (const frame of frames) packet_ins.push(frame);
      if (packet_ins.publish()) post({ kind: 'packet_ins' });
    },
    digests: (messages: Extract<FromWorker, { kind: 'digests' }>['messages']) =>
      report(messages.length, { kind: 'digests', messages }),
    idles: (messages: Extract<FromWorker, { kind: 'idles' }>['messages']) =>
      report(messages.length, { kind: 'idles', messages }),
  };
  const observer: DataplaneObserver = {
    traces: (traces) => report(traces.length, { kind: 'traces', traces }),
    captured(chunks) {
      for (const chunk of chunks) {
        const { buffer, byteLength } = chunk.records;
        if (wakeup.capturedInFlight() + byteLength > CAPTURED_IN_FLIGHT_BYTES_MAX) {
          core.counts.capture_dropped += chunk.frames;
          continue;
        }
        wakeup.addCapturedInFlight(byteLength);
        main.postMessage({ kind: 'captured', chunk } satisfies FromWorker, [buffer as ArrayBuffer]);
      }
    },
  };
  const keeper: PortKeeper = {
    add(number, interface_name) {
      const port = new AfPacketPort(number, interface_name);
      try {
        core.addPort(port);
      } catch (error) {
        port.close();
        throw error;
      }
      ports.push(port);
    },
    remove(number) {
      core.removePort(number);
      const at = ports.findIndex((port) => port.number === number);
      if (at >= 0) ports.splice(at, 1);
    },
  };
  const tasks = new ControlTasks(core, keeper, post, () => {
    stopped = true;
    // Before the answer: after it nobody listens.
    core.flushCapture();
    core.deliverObserved(observer);
  });
  const packet_out = (frame: Uint8Array): void => core.packetOut(frame);
  let more_messages = false;
  const control: LoopControl = {
    get stopped() {
      return stopped;
    },
    work(is_pending) {
      const end_ms = performance.now() + SLICE_MS;
      more_messages ||= is_pending;
      let has_worked = packet_outs.drain(PACKET_OUTS_PER_TURN, packet_out) > 0;
      // Requests must not overtake the packet-outs before them.
      while (more_messages && packet_outs.isEmpty) {
        const received = receiveMessageOnPort(main) as { message: Request } | undefined;
        if (received === undefined) {
          more_messages = false;
          break;
        }
        has_worked = true;
        packet_outs.drain(Infinity, packet_out);
        tasks.add(received.message);
        if (performance.now() > end_ms) break;
      }
      if (tasks.isIdle) return has_worked;
      tasks.runSlice(end_ms);
      return true;
    },
    deliver() {
      core.deliver(listener, hasRoom);
      core.deliverObserved(observer);
    },
  };
  const scheduling = new ThreadScheduling(setup.scheduling);
  const { refusal } = scheduling;
  post({
    kind: 'ready',
    notice:
      refusal === undefined
        ? undefined
        : `the packet thread has no real-time priority (${refusal}): frames may wait for a core`,
  });
  try {
    new PacketLoop(
      core,
      ports,
      wakeup,
      control,
      scheduling,
      new Coalescing(setup.coalesce_us),
      new LinkLog(log),
    ).run();
  } finally {
    core.close();
  }
}

runWorker().then(
  () => main.close(),
  (error: unknown) => {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    main.close();
  },
);
