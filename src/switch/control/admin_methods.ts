/** What `storeswitch switch-ctl` can ask a running switch, over the admin protocol (docs/reference/admin-protocol.md). */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { AdminError, type AdminMethods } from '../../admin';
import { LOG_LEVELS } from '../flags';
import { NO_FAULTS } from '../ports/faults';
import { AdminTraces } from './admin_traces';
import type { LogLevelControl } from './log_level';
import type { SwitchControl } from './switch_control';

const port = z.number().int().min(0).max(511);
const probability = z.number().min(0).max(1);

const NewPort = z.strictObject({ port, interface: z.string().min(1) });
const Port = z.strictObject({ port });
const OptionalPort = z.strictObject({ port: port.optional() });
const PortUp = z.strictObject({ port, up: z.boolean() });
const Capture = z.strictObject({
  port: port.optional(),
  folder: z.string().refine(isAbsolute, 'an absolute path'),
});
const Level = z.strictObject({ level: z.enum(LOG_LEVELS).optional() });
const Trace = z.strictObject({ port: port.optional(), packets_max: z.number().int().positive().optional() });
const OpenTrace = z.strictObject({ trace: z.number().int() });
const Faults = z.strictObject({
  port,
  direction: z.enum(['in', 'out', 'both']).default('both'),
  loss: probability.default(NO_FAULTS.loss),
  duplication: probability.default(NO_FAULTS.duplication),
  reordering: probability.default(NO_FAULTS.reordering),
  corruption: probability.default(NO_FAULTS.corruption),
  delay_us: z.number().min(0).default(NO_FAULTS.delay_us),
  seed: z.number().int().default(NO_FAULTS.seed),
});

export function adminMethods(control: SwitchControl, log: LogLevelControl): AdminMethods {
  const traces = new AdminTraces(control);
  return {
    'port.list': () => control.ports(),
    'port.add': (params) => {
      const { port: number, interface: name } = parse(NewPort, params);
      return told(control.addPort(number, name));
    },
    'port.remove': (params) => told(control.removePort(parse(Port, params).port)),
    'port.set': (params) => {
      const { port: number, up } = parse(PortUp, params);
      return told(control.setPortUp(number, up));
    },
    'faults.set': (params) => {
      const { port: number, direction, ...settings } = parse(Faults, params);
      return told(
        control.setFaults(number, {
          in: direction === 'out' ? undefined : settings,
          out: direction === 'in' ? undefined : settings,
        }),
      );
    },
    'faults.clear': (params) => told(control.setFaults(parse(Port, params).port, undefined)),
    'capture.start': (params) => {
      const { folder, port: number } = parse(Capture, params);
      return told(control.startCapture(folder, number));
    },
    'capture.stop': (params) => told(control.stopCapture(parse(OptionalPort, params).port)),
    'trace.start': async (params) => ({ trace: await traces.start(parse(Trace, params)) }),
    'trace.take': (params) => {
      const { trace } = parse(OpenTrace, params);
      const taken = traces.take(trace);
      if (taken === undefined) throw new AdminError('bad_params', `there is no trace ${trace}`);
      return taken;
    },
    'trace.stop': (params) => traces.stop(parse(OpenTrace, params).trace),
    'log.level': async (params) => {
      const { level } = parse(Level, params);
      if (level !== undefined) await log.set(level);
      return { level: log.level };
    },
    counts: () => control.counts(),
  };
}

function parse<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AdminError('bad_params', problems.join('; '));
}

/** The switch's own refusals concern what was asked for. */
async function told(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    throw new AdminError('bad_params', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
