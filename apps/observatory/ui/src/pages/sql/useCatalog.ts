import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";

import { columns, type Dataset, datasets } from "../../api/queries";
import type { Catalog } from "./setup";
import { named } from "./statements";

/** What is completed: every table, and the columns of those that the text names. */
export function useCatalog(text: string, ref: string | undefined): { tables: Dataset[]; catalog: Catalog } {
  const found = useQuery(datasets({ ref, sort: "name" }));
  const tables = useMemo(() => (found.data?.items ?? []).filter((one) => one.row_count !== null), [found.data]);
  const later = useDeferredValue(text);
  const mentioned = useMemo(() => {
    const names = new Set(named(later, tables.map((one) => one.name)));
    return tables.filter((one) => names.has(one.name));
  }, [later, tables]);
  const known = useQueries({
    queries: mentioned.map((one) => columns(one.id, ref)),
    combine: (all) => all.map((one) => one.data?.items),
  });
  const catalog = useMemo<Catalog>(
    () =>
      tables.map(({ id, name }) => ({
        name,
        columns: (known[mentioned.findIndex((one) => one.id === id)] ?? []).map((one) => ({ name: one.name, type: one.type })),
      })),
    [tables, mentioned, known],
  );
  return { tables, catalog };
}
