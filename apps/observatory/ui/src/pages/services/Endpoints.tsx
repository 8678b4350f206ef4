import type { JSX } from "react";

import type { Service } from "../../api/queries";
import { Copy } from "../../parts/basics";

/** Addresses: those of the web open, the others are copied. */
export function Endpoints({ one }: { one: Service }): JSX.Element {
  if (!one.endpoints.length) return <span className="muted">–</span>;
  return (
    <ul className="endpoints">
      {one.endpoints.map(({ name, url }) => (
        <li key={name} className="glyph-link">
          {/^https?:/.test(url) ? (
            <a href={url} target="_blank" rel="noreferrer" className="mono">
              {url.replace(/^https?:\/\//, "")}
            </a>
          ) : (
            <span className="mono">{url}</span>
          )}
          <Copy text={url} label={`the address ${name} of ${one.name}`} />
        </li>
      ))}
    </ul>
  );
}
