import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { engines } from "../../api/queries";

/** What runs the statement, where the project has more than one engine. */
export function EngineChoice({ engine, onChoose }: { engine: string; onChoose: (name: string) => void }): JSX.Element | null {
  const { data } = useQuery(engines());
  const items = data?.items ?? [];
  if (items.length < 2) return null;
  const chosen = items.find((one) => one.name === engine);
  return (
    <select className="text-input" aria-label="Engine" value={chosen?.name ?? ""} onChange={(event) => onChoose(event.target.value)}>
      {items.map((one) => (
        <option key={one.name} value={one.is_default ? "" : one.name} disabled={one.problem !== null} title={one.problem ?? undefined}>
          {one.name}
          {one.problem ? ` (${one.problem})` : ""}
        </option>
      ))}
    </select>
  );
}
