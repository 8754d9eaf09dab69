import type { PacketTrace, TraceAction, TraceStep, TraceValue } from './trace';

/** A trace for reading: a line for the frame, then one a step, indented; no line end at the end. */
export function formatTrace(trace: PacketTrace): string {
  const shown = trace.frame.length / 2 < trace.length_bytes ? `${trace.frame}...` : trace.frame;
  const head = `packet ${trace.packet}: port ${trace.port}, ${trace.length_bytes} bytes, t=${trace.time_us} us`;
  return [head, `  ${shown}`, ...trace.steps.map((step) => `  ${describeStep(step)}`)].join('\n');
}

function describeStep(step: TraceStep): string {
  switch (step.step) {
    case 'pass':
      return `${step.stage}${step.copy === undefined ? '' : ` (${step.copy})`}, port ${step.port}`;
    case 'state':
      return `  parser state ${step.state}`;
    case 'extract':
      return `    extract ${step.header} at byte ${step.offset_bytes}`;
    case 'parser_error':
      return `  parser error ${step.error}`;
    case 'checksum_error':
      return '  a checksum is wrong';
    case 'table': {
      if (step.key.length === 0) return `  table ${step.table} -> ${actionCall(step.action)}`;
      const entry =
        step.entry === undefined
          ? 'miss'
          : `hit [${step.entry.match.join(', ')}]${step.entry.priority === 0 ? '' : ` priority ${step.entry.priority}`}`;
      return `  table ${step.table} (${values(step.key)}): ${entry} -> ${actionCall(step.action)}`;
    }
    case 'branch':
      return `  if (${step.condition}) is ${step.taken}${at(step.line)}`;
    case 'action':
      return `  action ${step.action}`;
    case 'statement':
      return `    ${step.statement}${at(step.line)}`;
    case 'digest':
      return `  digest ${step.digest}`;
    case 'copies': {
      const to = step.ports.length === 0 ? 'nowhere: it is not configured' : `ports ${step.ports.join(', ')}`;
      return `  ${step.of === 'clone' ? 'clone session' : 'multicast group'} ${step.id}: ${to}`;
    }
    case 'drop':
      return `  DROP (${step.reason}): ${step.detail}`;
    case 'send':
      return `  SEND to port ${step.port}, ${step.length_bytes} bytes`;
    case 'cut':
      return '... more steps';
  }
}

function actionCall(action: TraceAction | undefined): string {
  return action === undefined ? 'no action' : `${action.name}(${values(action.args)})`;
}

function values(list: TraceValue[]): string {
  return list.map(({ name, value }) => `${name}=${value}`).join(', ');
}

function at(line: string): string {
  return line === '' ? '' : `   [${line}]`;
}
