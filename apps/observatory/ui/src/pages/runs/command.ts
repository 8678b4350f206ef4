/** The command that does what the form of a run does. */
export function commandOf(selection: string, partition: string, fromScratch: boolean): string {
  const what = selection.trim();
  const parts = ["phlo materialize"];
  if (what && what !== "*") parts.push(/[^\w.+:,/-]/.test(what) ? `'${what}'` : what);
  if (partition.trim()) parts.push(`--partition ${partition.trim()}`);
  if (fromScratch) parts.push("--full-refresh");
  return parts.join(" ");
}
