import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** Messages of one call that may be on their way into the network at once. */
const ON_THEIR_WAY_MAX = 512;

/**
 * Lets the messages of a StreamChannel leave together. By itself grpc-js takes the next one only when the network has
 * taken the one before, which costs a system call and a turn of the event loop each. Reads are left as they are: their
 * messages are large, and no more of them than their reader takes are to be made.
 */
export const pipelinedResponses: ServerInterceptor = (method, call) =>
  method.requestStream && method.responseStream ? new PipelinedCall(call) : new ServerInterceptingCall(call);

class PipelinedCall extends ServerInterceptingCall {
  private on_their_way = 0;
  /** Asks for the next message, when there is room again. */
  private proceed: (() => void) | undefined;

  override sendMessage(message: unknown, callback: () => void): void {
    this.on_their_way++;
    super.sendMessage(message, () => {
      this.on_their_way--;
      const { proceed } = this;
      this.proceed = undefined;
      proceed?.();
    });
    if (this.on_their_way < ON_THEIR_WAY_MAX) callback();
    else this.proceed = callback;
  }
}
