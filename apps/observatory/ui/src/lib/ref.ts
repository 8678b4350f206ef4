import { useSearch } from "@tanstack/react-router";

/** The branch that the address names; undefined is the default one. */
export function useRefName(): string | undefined {
  return (useSearch({ strict: false }) as { ref?: string }).ref;
}
