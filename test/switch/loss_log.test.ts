import { LossLog } from '../../src/switch/loss_log';

test('one line for the losses of a second; none without losses; the rest when it is over', () => {
  jest.useFakeTimers();
  try {
    const told: number[] = [];
    const log = new LossLog((count) => told.push(count));
    log.add(0);
    jest.advanceTimersByTime(5000);
    for (let i = 0; i < 100; i++) log.add(3);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(told).toEqual([300]);
    log.add(2);
    log.flush();
    log.flush();
    jest.advanceTimersByTime(5000);
    expect(told).toEqual([300, 2]);
  } finally {
    jest.useRealTimers();
  }
});
