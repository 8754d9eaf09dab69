import {
  P4RuntimeService as GeneratedService,
  StreamMessageRequest,
  StreamMessageResponse,
} from './generated/p4/v1/p4runtime';
import { decodePacketUpdate, encodePacketUpdate } from './packet_update';

/** The generated service, with its packet messages written and read the short way. */
export const P4RuntimeService = {
  ...GeneratedService,
  streamChannel: {
    ...GeneratedService.streamChannel,
    requestSerialize: (message: StreamMessageRequest): Buffer =>
      message.update?.$case === 'packet'
        ? encodePacketUpdate(message.update.value)
        : GeneratedService.streamChannel.requestSerialize(message),
    requestDeserialize: (bytes: Buffer): StreamMessageRequest => {
      const packet = decodePacketUpdate(bytes);
      if (packet !== undefined) return { update: { $case: 'packet', value: packet } };
      return GeneratedService.streamChannel.requestDeserialize(bytes);
    },
    responseSerialize: (message: StreamMessageResponse): Buffer =>
      message.update?.$case === 'packet'
        ? encodePacketUpdate(message.update.value)
        : GeneratedService.streamChannel.responseSerialize(message),
    responseDeserialize: (bytes: Buffer): StreamMessageResponse => {
      const packet = decodePacketUpdate(bytes);
      if (packet !== undefined) return { update: { $case: 'packet', value: packet } };
      return GeneratedService.streamChannel.responseDeserialize(bytes);
    },
  },
} as const;
