/** How well a few letters match a text: the rule is that of phlo-api's search. */

export type Match = { score: number; ranges: [number, number][] };

/**
 * All letters must come in their order; those at the beginning of a part, and those that follow one
 * another, count for more. Undefined when they do not match.
 */
export function matched(words: string, text: string): Match | undefined {
  const letters = words.toLowerCase().replaceAll(" ", "");
  const lowered = text.toLowerCase();
  if (!letters) return { score: 0, ranges: [] };
  const whole = lowered.indexOf(letters);
  if (whole >= 0) {
    const bonus = begins(lowered, whole) ? 3 : 1;
    return { score: letters.length * 2 + bonus, ranges: [[whole, whole + letters.length]] };
  }
  let score = 0;
  let place = 0;
  const ranges: [number, number][] = [];
  for (const letter of letters) {
    const found = lowered.indexOf(letter, place);
    if (found < 0) return undefined;
    const last = ranges.at(-1);
    if (last?.[1] === found) {
      last[1] = found + 1;
      score += 1.5;
    } else {
      ranges.push([found, found + 1]);
      score += begins(lowered, found) ? 1.2 : 0.4;
    }
    place = found + 1;
  }
  return { score, ranges };
}

const begins = (text: string, at: number) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!);
