import { parseDbench } from '../../src/kernel_client/dbench';

const RUN = `dbench version 4.00 - Copyright Andrew Tridgell 1999-2004

failed to create barrier semaphore 
2 of 2 processes prepared for launch   0 sec
   2      9589   135.22 MB/sec  execute   1 sec  latency 40.483 ms

 Operation      Count    AvgLat    MaxLat
 ----------------------------------------
 NTCreateX      10937     0.057    24.081
 Flush            773     3.344    40.470

Throughput 132.289 MB/sec  2 clients  2 procs  max_latency=40.483 ms
`;

test('operations of runs that end well are added up', () => {
  expect(parseDbench(`${RUN}exit code 0\n${RUN}exit code 0\n`)).toEqual({
    runs: 2,
    operations: 23_420,
    failures: [],
  });
});

test('what it complains of, and how it ends, are failures', () => {
  const complaint =
    '[57] unlink ./clients/client1/a failed (No such file or directory) - expected NT_STATUS_OK';
  const report = parseDbench(
    `${complaint}\nERROR: child 1 failed at line 57\nChild failed with status 1\nexit code 1\n`,
  );
  expect(report).toEqual({
    runs: 1,
    operations: 0,
    failures: [
      complaint,
      'ERROR: child 1 failed at line 57',
      'Child failed with status 1',
      'run 1 ended with exit code 1',
    ],
  });
});
