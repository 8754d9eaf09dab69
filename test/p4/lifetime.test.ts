import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, P4Schema, parseTarget, readP4InfoFile } from '../../src/p4runtime';
import { Switch } from '../../src/switch/switch';
import { networkEntries, SERVICE, slotEntries } from './entries';
import { NET, nfsCall } from './packets';

const BUILD = join(__dirname, '../../p4/build');
const SECOND_US = 1_000_000;

/** Needs a clock that can be driven, which only the embedded switch has. */
test('a retransmission is known for two minutes after the last transmission', async () => {
  let now_us = 5 * SECOND_US;
  const program = JSON.parse(readFileSync(join(BUILD, 'storeswitch.json'), 'utf8')) as object;
  const sw = new Switch({ ports: [NET.clientPort, ...NET.storePorts], program, now_us: () => now_us });
  const p4info = new P4Schema(readP4InfoFile(join(BUILD, 'storeswitch.p4info.txtpb')));
  const client = new Client(parseTarget(`grpc://${await sw.listen('127.0.0.1:0', 1n)}?device_id=1`), {
    p4info,
  });
  try {
    await client.start();
    await client.pushPipeline({ p4info, device_config: readFileSync(join(BUILD, 'storeswitch.json')) });
    await client.write(
      [...networkEntries(), ...slotEntries(() => 0)].map((entity) => ({ type: 'insert', entity })),
    );
    const retransmissions = async () => {
      for await (const cell of client.readCounter('service_retransmissions', SERVICE.nfsUdp))
        return cell.packets;
      throw new Error('no such counter');
    };
    const call = nfsCall({ xid: 77 });
    const sendAfter = (duration_s: number) => {
      now_us += duration_s * SECOND_US;
      sw.inject(NET.clientPort, call);
    };
    sendAfter(0);
    sendAfter(119);
    expect(await retransmissions()).toBe(1n);
    sendAfter(119);
    expect(await retransmissions()).toBe(2n);
    sendAfter(121);
    expect(await retransmissions()).toBe(2n);
  } finally {
    client.close();
    await sw.close();
  }
});
