/** The control socket of a running topology: one JSON object each way (`topologies/lifecycle.py`). */
import { createConnection } from 'node:net';
import { z } from 'zod';
import { TopologyError } from './errors';

export type DaemonAction = 'start' | 'stop' | 'kill';

export type ControlRequest = { do: DaemonAction; node: string; daemon: string } | { do: 'down' };

const answerSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    pid: z.int().optional(),
    /** Just before the signal, nanoseconds since the epoch. */
    signalled_ns: z.string().regex(/^\d+$/).optional(),
  }),
  z.object({ ok: z.literal(false), error: z.string() }),
]);

export type ControlAnswer = Extract<z.output<typeof answerSchema>, { ok: true }>;

const TIMEOUT_MS = 30_000;

/** Rejects with TopologyError when nobody listens or the request is refused. */
export async function control(socketPath: string, request: ControlRequest): Promise<ControlAnswer> {
  const text = await exchange(socketPath, JSON.stringify(request));
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new TopologyError(`the topology answers ${JSON.stringify(text.slice(0, 200))}`);
  if (!parsed.data.ok) throw new TopologyError(parsed.data.error);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function exchange(socketPath: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath, () => socket.write(`${line}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`));
    });
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => {
      resolve(text);
    });
    socket.on('error', (error) => {
      reject(new TopologyError(`the topology's control socket ${socketPath}: ${error.message}`));
    });
  });
}
