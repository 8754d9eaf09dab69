import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadProgram } from '../../dataplane/program';
import { Client, type Pipeline, type TableEntry } from '../../p4runtime';
import { isOnPath } from '../on_path';
import type { Lab, LabProcess } from './lab';
import { PORTS, switchEnd } from './ports';

const START_TIMEOUT_MS = 20_000;
const DIST = resolve(__dirname, '../..');

/** What can be measured: a command that takes simple_switch_grpc's flags. */
export interface SwitchCommand {
  name: 'embedded' | 'bmv2';
  argv: readonly string[];
}

export const EMBEDDED: SwitchCommand = {
  name: 'embedded',
  argv: [process.execPath, join(DIST, 'cli/main.js'), 'switch'],
};
export const BMV2: SwitchCommand = { name: 'bmv2', argv: ['simple_switch_grpc'] };

/** Those that are installed. */
export function switchesHere(progress: (line: string) => void): SwitchCommand[] {
  if (isOnPath('simple_switch_grpc')) return [EMBEDDED, BMV2];
  progress('skipped: simple_switch_grpc not on PATH');
  return [EMBEDDED];
}

/** Where it serves P4Runtime. */
export function socketPath(lab: Lab, command: SwitchCommand): string {
  return join(lab.folder, `${command.name}.sock`);
}

/**
 * Starts the switch with a program, storeswitch.p4 unless told, and `entries`; `body` gets its controller. Both end
 * with `body`.
 */
export async function withSwitch<T>(
  lab: Lab,
  command: SwitchCommand,
  entries: readonly TableEntry[],
  body: (controller: Client) => Promise<T>,
  program: Pipeline = loadProgram(),
): Promise<T> {
  const socket_path = socketPath(lab, command);
  const running = lab.spawn([
    ...[...command.argv, '--no-p4', '--device-id', '1'],
    ...PORTS.flatMap((port) => ['-i', `${port}@${switchEnd(port)}`]),
    ...['--', '--grpc-server-addr', `unix:${socket_path}`, '--cpu-port', '255'],
  ]);
  let controller: Client | undefined;
  try {
    await listening(running, command.name, socket_path);
    controller = new Client({ socket_path, device_id: 1n }, { p4info: program.p4info });
    await controller.start({ keep_trying: true });
    await controller.pushPipeline(program);
    await controller.write(entries.map((entity) => ({ type: 'insert', entity })));
    return await body(controller);
  } finally {
    controller?.close();
    await running.stop();
    rmSync(socket_path, { force: true });
  }
}

async function listening(running: LabProcess, name: string, socket_path: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!existsSync(socket_path)) {
    if (!running.running) throw new Error(`the ${name} switch ended before it listened`);
    if (Date.now() > deadline) throw new Error(`the ${name} switch did not start`);
    await sleep(20);
  }
}
