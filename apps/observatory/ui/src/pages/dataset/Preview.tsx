import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type JSX, useMemo } from "react";

import { api, got, type Schemas } from "../../api/client";
import type { DatasetDetail } from "../../api/queries";
import { Grid } from "../../grid/Grid";
import { RowSource } from "../../grid/source";
import { count } from "../../lib/format";
import { useRefName } from "../../lib/ref";
import { Empty, Section, Skeleton } from "../../parts/basics";
import { Trouble } from "../../parts/Fault";
import { keepRef } from "../../shell/Shell";

const ROWS = 1000;

/** The columns of the preview, and how many rows there are. */
const head = (id: string, ref: string | undefined, snapshot: string | null) =>
  queryOptions({
    queryKey: ["dataset", id, "preview", ref, snapshot],
    queryFn: async () => {
      const params = { path: { dataset_id: id }, query: { ref, limit: 1 } };
      // JSON, not Arrow, as the format is not asked for.
      return (await got(api.GET("/api/v1/datasets/{dataset_id}/preview", { params }))) as Schemas["Rows"];
    },
    staleTime: Infinity,
  });

export function Preview({ one }: { one: DatasetDetail }): JSX.Element {
  const hasTable = one.row_count !== null;
  return (
    <Section id="preview" title="Preview" aside={hasTable ? <More one={one} /> : null}>
      {hasTable ? (
        <Rows one={one} />
      ) : (
        <Empty title={`There is no table ${one.name} on ${one.ref}`} command={`phlo materialize ${one.name}`}>
          Its rows are shown here once it is made.
        </Empty>
      )}
    </Section>
  );
}

function More({ one }: { one: DatasetDetail }): JSX.Element {
  const total = one.row_count?.value ?? 0;
  return (
    <>
      <span className="muted">{total > ROWS ? `The first ${count(ROWS)} of ${count(total)} rows` : `All ${count(total)} rows`}</span>
      <Link to="/sql" search={(was) => ({ ...keepRef(was), sql: `select * from ${one.name}` })}>
        Query it
      </Link>
    </>
  );
}

function Rows({ one }: { one: DatasetDetail }): JSX.Element {
  const ref = useRefName();
  const found = useQuery(head(one.id, ref, one.snapshot_id));
  const source = useMemo(() => {
    if (!found.data) return null;
    const asked = new URLSearchParams({ limit: String(ROWS), format: "arrow", ...(ref ? { ref } : {}) });
    const address = `/api/v1/datasets/${encodeURIComponent(one.id)}/preview?${asked}`;
    return new RowSource(found.data.columns, Math.min(ROWS, found.data.row_count), () => address, ROWS);
  }, [found.data, one.id, ref]);
  if (found.error) return <Trouble error={found.error} again={() => void found.refetch()} />;
  if (!source) return <Skeleton rows={6} />;
  if (source.rowCount === 0) return <Empty title="The table is empty">It has columns and no rows.</Empty>;
  return <Grid source={source} label={`The first rows of ${one.name}`} height={360} />;
}
