import { createServer, type AddressInfo } from 'node:net';
import { Switch } from '../../../src/switch';

test('an address that is taken is told once, by the error', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const device = new Switch({ ports: [] });
  try {
    await expect(device.listen(address)).rejects.toThrow(`cannot listen on ${address}: `);
    expect(printed).not.toHaveBeenCalled();
  } finally {
    printed.mockRestore();
    await device.close();
    taken.close();
  }
});
