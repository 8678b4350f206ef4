/** Python and SQL as coloured parts: enough to read a function by, and no parser. */

export type Part = { kind: "word" | "text" | "note" | "number" | "mark" | ""; text: string };

const WORDS = {
  python:
    "and as assert async await break class continue def del elif else except finally for from if import in is lambda None True False not or pass raise return try while with yield",
  sql: "select from where group by order having join left right inner outer full cross on using as and or not in is null case when then else end union all distinct limit offset with over partition asc desc between like exists filter qualify values create table insert into update delete set true false interval cast",
} as const;

const PATTERNS = {
  python: /("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(#[^\n]*)|(\b\d[\d_.]*\b)|(@[\w.]+)|(\w+)/g,
  sql: /('(?:[^']|'')*'?|"(?:[^"]|"")*"?)|(\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*)|(\b\d[\d_.]*\b)|(\{\{[^}]*\}\})|(\w+)/g,
} as const;

export function highlighted(text: string, language: string): Part[] {
  if (language !== "python" && language !== "sql") return [{ kind: "", text }];
  const words = new Set<string>(WORDS[language].split(" "));
  const parts: Part[] = [];
  let end = 0;
  const plain = (until: number) => {
    if (until > end) parts.push({ kind: "", text: text.slice(end, until) });
  };
  for (const found of text.matchAll(PATTERNS[language])) {
    const [whole, quoted, note, number, mark, word] = found;
    const isWord = word !== undefined && words.has(language === "sql" ? word.toLowerCase() : word);
    const kind = quoted !== undefined ? "text" : note !== undefined ? "note" : number !== undefined ? "number" : mark !== undefined ? "mark" : isWord ? "word" : "";
    if (kind === "") continue;
    plain(found.index);
    parts.push({ kind, text: whole });
    end = found.index + whole.length;
  }
  plain(text.length);
  return parts;
}
