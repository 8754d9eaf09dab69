import { Network } from '../../src/controller/network';
import { shareWarnings } from '../../src/controller/pool_shares';
import { parseConfig } from '../../src/config/load';
import { exampleWith } from '../config/example';

const warnings = (stores: string) =>
  shareWarnings(
    new Network(
      parseConfig(exampleWith(['stores: [s1, s2, { store: s3, weight: 1 }]', `stores: ${stores}`]), 'x.yaml'),
    ),
  );

test('a store whose share is less than a slot', () => {
  expect(
    warnings('[{ store: s1, weight: 1000 }, { store: s2, weight: 1000 }, { store: s3, weight: 1 }]'),
  ).toEqual([
    'pool files/all: s3 (weight 1) of 2001 in all: too little for one of 1024 slots, so that nothing is placed there while the others serve',
  ]);
  expect(warnings('[{ store: s1, weight: 500 }, { store: s2, weight: 500 }, s3]')).toEqual([]);
  expect(warnings('[s1, { store: s2, weight: 0 }, s3]')).toEqual([]);
});
