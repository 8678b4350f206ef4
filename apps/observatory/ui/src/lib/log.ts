/** The lines of a log: the tail that was asked for, and what comes after it. */

export type Line = { number: number; text: string; level: string | null };

/** So many lines are kept on screen; the file has the others. */
export const MOST_LINES = 200_000;

/**
 * The tail with the lines that came while it was on its way. The stream was opened first, so lines
 * may be in both: as many are left out as the end of the one is the beginning of the other.
 */
export function joined(tail: readonly Line[], live: readonly Line[]): Line[] {
  for (let shared = Math.min(tail.length, live.length); shared > 0; shared--) {
    if (live.slice(0, shared).every((line, n) => line.text === tail[tail.length - shared + n]!.text)) {
      return appended(tail, live.slice(shared));
    }
  }
  return appended(tail, live);
}

/** The lines with more of them, numbered on; the oldest go when there are too many. */
export function appended(lines: readonly Line[], more: readonly Line[], most: number = MOST_LINES): Line[] {
  const last = lines.at(-1)?.number ?? 0;
  const all = [...lines, ...more.map((line, n) => ({ ...line, number: last + n + 1 }))];
  return all.length > most ? all.slice(all.length - most) : all;
}

export type LogFilter = { words: string; level: string };
const RANK: Record<string, number> = { debug: 0, info: 1, warn: 2, error: 3, critical: 4, fatal: 4 };

/** Lines with all words, of a level or worse; lines without a level go with those before them. */
export function filtered(lines: readonly Line[], { words, level }: LogFilter): readonly Line[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length && !level) return lines;
  const least = RANK[level] ?? 0;
  let rank = 1;
  return lines.filter((line) => {
    rank = line.level ? (RANK[line.level] ?? 1) : rank;
    if (level && rank < least) return false;
    const text = line.text.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
