/** The candidate that `word` was probably meant to be, by edit distance; undefined if none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const distance_max = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = distance_max + 1;
  for (const candidate of candidates) {
    // Lengths that differ by more cannot be near, and long garbage is not worth the product of lengths.
    if (Math.abs(candidate.length - word.length) > distance_max) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const substitution = (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
