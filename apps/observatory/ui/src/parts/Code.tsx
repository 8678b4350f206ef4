import { type JSX, useMemo } from "react";

import { highlighted } from "../lib/highlight";
import { Copy } from "./basics";

/** Code as it is written, with its place and a way to take it along. */
export function Code({ text, language, place }: { text: string; language: string; place?: string }): JSX.Element {
  const parts = useMemo(() => highlighted(text, language), [text, language]);
  return (
    <div className="code-box">
      <div className="code-head">
        <span className="mono muted truncate">{place ?? language}</span>
        <Copy text={text} label={place ? `the code of ${place}` : "the code"} />
      </div>
      <pre className="code" tabIndex={0} aria-label={place ?? language} role="region">
        {parts.map(({ kind, text: part }, n) => (kind ? <span key={n} className={`code-${kind}`}>{part}</span> : part))}
      </pre>
    </div>
  );
}
