/** Cells as text for other programs, and as text that people read. */

/** Tab-separated, as spreadsheets take it from the clipboard. */
export function asTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/** Comma-separated, as RFC 4180 has it; null is empty, and an empty text is quoted. */
export function asCsv(rows: readonly (readonly (string | null)[])[]): string {
  return rows.map((row) => row.map(field).join(",") + "\r\n").join("");
}

function field(text: string | null): string {
  if (text === null) return "";
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** JSON over several lines; its numbers are not read, so they keep all their digits. */
export function indented(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (token.startsWith('"')) return token;
    if (/^\s+$/.test(token)) return "";
    if (token.length > 1) return token.replace(/\s+/g, "");
    if (token === "{" || token === "[") {
      depth += 1;
      return token + line();
    }
    if (token === "}" || token === "]") {
      depth -= 1;
      return line() + token;
    }
    return token === "," ? token + line() : ": ";
  });
}
