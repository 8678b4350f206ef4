/** The statements of a text: a worksheet holds several, and one runs at a time. */

export type Statement = {
  /** Where it begins in the text, and where it ends. */
  from: number;
  to: number;
  text: string;
};

/** What cannot hold the end of a statement: texts, names, comments, dollar quotes. */
const PARTS = /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$\$[\s\S]*?(?:\$\$|$)|;/g;

export function statements(text: string): Statement[] {
  const found: Statement[] = [];
  let from = 0;
  const take = (to: number) => {
    const part = text.slice(from, to);
    const bare = part.trim();
    // Only comments is no statement.
    if (bare.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim()) {
      const begin = from + part.indexOf(bare);
      found.push({ from: begin, to: begin + bare.length, text: bare });
    }
    from = to + 1;
  };
  for (const match of text.matchAll(PARTS)) if (match[0] === ";") take(match.index);
  take(text.length);
  return found;
}

/** The statement that the cursor is in, or that ends before it. */
export function statementAt(text: string, place: number): Statement | undefined {
  const all = statements(text);
  return all.find((one) => place <= one.to) ?? all.at(-1);
}

/** The place in the text of a line and column, which count from one, of a statement. */
export function placeOf(statement: Statement, line: number, column: number): number {
  const lines = statement.text.split("\n");
  const before = lines.slice(0, Math.max(0, line - 1)).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(statement.to, statement.from + before + Math.max(0, column - 1));
}

/** Of the tables there are, those that a text names. */
export function named(text: string, tables: readonly string[]): string[] {
  const lowered = text.toLowerCase().replaceAll('"', "");
  return tables.filter((table) => {
    const at = lowered.indexOf(table.toLowerCase());
    return at >= 0 && !/\w/.test(lowered[at + table.length] ?? "") && !/\w/.test(lowered[at - 1] ?? "");
  });
}
