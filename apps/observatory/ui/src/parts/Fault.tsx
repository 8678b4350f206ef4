import type { JSX } from "react";

import { ApiProblem, type Schemas } from "../api/client";
import { Fixes, sentence } from "./basics";

type Diagnostic = Schemas["Diagnostic"];

/** A fault as phlo tells it everywhere: what, where, why, what to do. */
export function Fault({ fault, again }: { fault: Diagnostic; again?: () => void }): JSX.Element {
  const { where } = fault;
  return (
    <div className="trouble" role="alert">
      <p className="trouble-title">
        {sentence(fault.message)}
        {fault.code ? <code className="trouble-code">{fault.code}</code> : null}
      </p>
      {where?.line ? (
        <p className="mono muted">
          {placeOf(where)}
        </p>
      ) : null}
      {fault.why ? <p className="muted">{sentence(fault.why)}</p> : null}
      <Fixes fixes={fault.fix} />
      {again ? (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

/** A file as editors open it; a statement has lines only. */
function placeOf({ file, line, column }: NonNullable<Diagnostic["where"]>): string {
  if (!file.startsWith("<")) return [file, line, column].filter(Boolean).join(":");
  return `Line ${line} of the statement${column ? `, column ${column}` : ""}`;
}

/** An error of this page, whatever threw it. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }): JSX.Element {
  return <Fault fault={asFault(error)} again={again} />;
}

export function asFault(error: unknown): Diagnostic {
  if (!(error instanceof ApiProblem)) return { code: null, message: String(error), why: null, where: null, fix: [] };
  const { code, detail, why, where, fix } = error.problem;
  return { code, message: detail, why, where, fix };
}
