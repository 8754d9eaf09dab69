/**
 * Whether some order of the operations on names explains what each of them answered.
 *
 * The operations of one client overlap: each took effect at one moment between its start and its end, but nobody saw
 * when. A history is *explained* if moments can be chosen such that every operation answered what a file system that
 * does one after another would have (linearizability: Herlihy and Wing, 1990). A request that two stores executed spoils
 * that: the client is told ENOENT or EEXIST by the second, of an effect that it has had itself through the first. How
 * many answers, at least, must be set aside until an order explains the rest is what `unexplainedOperations` finds; an
 * operation whose answer is set aside may have had its effect or not.
 *
 * The search keeps all states that the names may be in (just-in-time linearization: Lowe, 2017): an operation is put
 * into order at its end at the latest, together with any that had started by then.
 */
import { nameEffect, type NameEffect } from './name_effects';
import { ERRNO, type LoggedOperation } from './operation_log';

interface Step {
  operation: LoggedOperation;
  effect: NameEffect;
}

/** One way in which things may have gone so far. */
interface Course {
  /** Names that are there. */
  names: ReadonlySet<string>;
  /** Operations under way that already had their effect. */
  done: ReadonlySet<Step>;
  unexplained: readonly LoggedOperation[];
}

/**
 * The fewest operations that no order explains; no names are there before. An operation with another error than ENOENT
 * and EEXIST explains itself: it may have had its effect or not.
 */
export function unexplainedOperations(log: readonly LoggedOperation[]): LoggedOperation[] {
  const steps = log.flatMap((operation): Step[] => {
    const effect = nameEffect(operation);
    return effect === undefined ? [] : [{ operation, effect }];
  });
  return relatedSteps(steps).flatMap(searchFewest);
}

/** Steps that share names, directly or through others; each group has its own order. */
function relatedSteps(steps: readonly Step[]): Step[][] {
  const parents = new Map<string, string>();
  const root = (name: string): string => {
    const parent = parents.get(name) ?? name;
    if (parent === name) return name;
    const found = root(parent);
    parents.set(name, found);
    return found;
  };
  for (const { operation } of steps) {
    if (operation.name2 !== '') parents.set(root(operation.name), root(operation.name2));
  }
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const key = root(step.operation.name);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [step]);
    else group.push(step);
  }
  return [...groups.values()];
}

function searchFewest(steps: readonly Step[]): readonly LoggedOperation[] {
  const moments = steps
    .flatMap((step) => [
      { step, ends: false, time_us: step.operation.started_us },
      { step, ends: true, time_us: step.operation.ended_us },
    ])
    // What starts in the microsecond in which another ends may have come before it.
    .sort((a, b) => a.time_us - b.time_us || Number(a.ends) - Number(b.ends));
  const underWay = new Set<Step>();
  let courses: Course[] = [{ names: new Set(), done: new Set(), unexplained: [] }];
  for (const { step, ends } of moments) {
    if (!ends) {
      underWay.add(step);
      continue;
    }
    courses = fewestOfEach(coursesThrough(step, courses, underWay)).map((course) => ({
      ...course,
      done: without(course.done, step),
    }));
    underWay.delete(step);
  }
  return courses.reduce((best, course) =>
    course.unexplained.length < best.unexplained.length ? course : best,
  ).unexplained;
}

/** Every course in which `step` had its effect, after any of those under way in any order. */
function coursesThrough(step: Step, courses: readonly Course[], underWay: ReadonlySet<Step>): Course[] {
  const through: Course[] = [];
  let open = courses;
  while (open.length > 0) {
    const reached: Course[] = [];
    for (const course of open) {
      if (course.done.has(step)) {
        through.push(course);
        continue;
      }
      for (const next of underWay) if (!course.done.has(next)) reached.push(...outcomes(course, next));
    }
    open = fewestOfEach(reached);
  }
  return through;
}

/** What may have come of `step` as the next one. */
function outcomes({ names, done, unexplained }: Course, step: Step): Course[] {
  const { operation, effect } = step;
  const unchanged: Course = { names, done: new Set(done).add(step), unexplained };
  const changed: Course = { ...unchanged, names: after(names, effect) };
  const isMissing = effect.present.some((name) => !names.has(name));
  const isInTheWay = effect.absent.some((name) => names.has(name));
  switch (operation.error) {
    case 0:
      if (!isMissing && !isInTheWay) return [changed];
      break;
    case ERRNO.ENOENT:
      if (isMissing) return [unchanged];
      break;
    case ERRNO.EEXIST:
      if (isInTheWay) return [unchanged];
      break;
    default:
      return [unchanged, changed];
  }
  const told = [...unexplained, operation];
  return [
    { ...changed, unexplained: told },
    { ...unchanged, unexplained: told },
  ];
}

function after(names: ReadonlySet<string>, { removes, makes }: NameEffect): ReadonlySet<string> {
  if (removes.length === 0 && makes.length === 0) return names;
  const changed = new Set(names);
  for (const name of removes) changed.delete(name);
  for (const name of makes) changed.add(name);
  return changed;
}

function without(done: ReadonlySet<Step>, step: Step): ReadonlySet<Step> {
  const left = new Set(done);
  left.delete(step);
  return left;
}

/** Of the courses that agree on everything to come, the one with the fewest unexplained. */
function fewestOfEach(courses: readonly Course[]): Course[] {
  const best = new Map<string, Course>();
  for (const course of courses) {
    const key = [
      [...course.names].sort().join(','),
      ...[...course.done]
        .map(({ operation: { kind, name, name2, started_us } }) => [kind, name, name2, started_us].join(' '))
        .sort(),
    ].join(';');
    const known = best.get(key);
    if (known === undefined || course.unexplained.length < known.unexplained.length) best.set(key, course);
  }
  return [...best.values()];
}
