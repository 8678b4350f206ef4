import type { JSX } from "react";

import type { DatasetDetail } from "../../api/queries";
import { bytes, count, plural, relative, short } from "../../lib/format";
import { Glyph } from "../../parts/Status";

/** Five figures, each leading to what proves it. */
export function Figures({ one }: { one: DatasetDetail }): JSX.Element {
  const { checks } = one;
  const bad = checks.failed + checks.warned;
  return (
    <dl className="figures five">
      <Figure href="#preview" label="Rows" value={short(one.row_count?.value)} more={one.row_count ? count(one.row_count.value) : "no table yet"} />
      <Figure href="#columns" label="Size" value={bytes(one.size_bytes)} more={one.columns_count ? plural(one.columns_count, "column") : "–"} />
      <Figure href="#snapshots" label="Files" value={count(one.file_count)} more={layoutOf(one)} />
      <Figure
        href="#runs"
        label="Last change"
        value={one.last_updated ? relative(one.last_updated) : "never"}
        more={one.snapshot_count ? plural(one.snapshot_count, "snapshot") : "–"}
      />
      <Figure
        href="#checks"
        label="Checks"
        value={checks.total ? `${checks.passed} of ${checks.total}` : "none"}
        more={
          <>
            {checks.total ? <Glyph state={checks.failed ? "failed" : checks.warned ? "warned" : checks.never ? "never" : "ok"} size={12} /> : null}
            {checks.total === 0 ? "nothing is asked of it" : bad ? `${checks.failed} failed, ${checks.warned} warned` : checks.never ? `${checks.never} never run` : "all pass"}
          </>
        }
      />
    </dl>
  );
}

function layoutOf(one: DatasetDetail): string {
  if (!one.partition_fields.length) return "not partitioned";
  const parts = one.partition_fields.map(({ source, transform }) => (transform === "identity" ? source : `${transform}(${source})`));
  return `by ${parts.join(", ")}`;
}

function Figure(props: { href: string; label: string; value: string; more: React.ReactNode }): JSX.Element {
  return (
    <div className="figure">
      <dt>{props.label}</dt>
      <dd>
        <a href={props.href} className="figure-value">
          {props.value}
        </a>
        <span className="muted figure-more">{props.more}</span>
      </dd>
    </div>
  );
}
