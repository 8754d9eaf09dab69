import { cacheFolder } from '../../src/kernel_client/build';

const ENV = { XDG_CACHE_HOME: '/caches' };

test('a kernel is kept outside the checkout, by source version and configuration', () => {
  const folder = cacheFolder('6.1.1-1', 'CONFIG_NET=y', ENV);
  expect(folder).toMatch(/^\/caches\/storeswitch\/kernel-client\/6\.1\.1-1-[0-9a-f]{12}$/);
  expect(cacheFolder('6.1.1-1', 'CONFIG_NET=y', ENV)).toBe(folder);
  expect(cacheFolder('6.1.1-2', 'CONFIG_NET=y', ENV)).not.toBe(folder);
  expect(cacheFolder('6.1.1-1', 'CONFIG_NET=n', ENV)).not.toBe(folder);
});

test.each([{}, { XDG_CACHE_HOME: '' }])('without XDG_CACHE_HOME below ~/.cache: %j', (env) => {
  expect(cacheFolder('6.1.1-1', '', env)).toMatch(/\/\.cache\/storeswitch\/kernel-client\//);
});
