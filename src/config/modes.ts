/** What follows from the mode of a service. */
import { RPC_PROGRAM } from '../wire/rpc';

type Mode = 'request' | 'session' | 'terminate';

interface Service {
  readonly mode: Mode;
  readonly program?: number | undefined;
}

/** Portmap says what the virtual store offers, which no store knows: the gateway answers by itself. */
export function isAnsweredHere({ mode, program }: Service): boolean {
  return mode === 'terminate' && program === RPC_PROGRAM.portmap;
}

/** Whether the gateway sends its requests on to stores. */
export function isForwarded(service: Service): boolean {
  return service.mode === 'terminate' && !isAnsweredHere(service);
}

/** Whether the switch places each of its requests. */
export function isByRequest(service: Service): boolean {
  return service.mode === 'request' || isForwarded(service);
}

/** Why what counts for single requests means nothing for a service that is not `isByRequest`. */
export function whyNotByRequest(service: Service): string {
  return isAnsweredHere(service)
    ? 'as the gateway answers for portmap itself'
    : 'as mode session does not tell requests apart';
}
