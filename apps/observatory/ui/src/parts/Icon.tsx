import type { JSX } from "react";

const PATHS: Record<string, string> = {
  home: "M2.5 7.2 8 2.5l5.5 4.7V13a.8.8 0 0 1-.8.8H9.8V10H6.2v3.8H3.3a.8.8 0 0 1-.8-.8Z",
  catalog: "M2.5 4c0-1 2.5-1.8 5.5-1.8S13.5 3 13.5 4 11 5.8 8 5.8 2.5 5 2.5 4Zm0 0v8c0 1 2.5 1.8 5.5 1.8s5.5-.8 5.5-1.8V4M2.5 8c0 1 2.5 1.8 5.5 1.8s5.5-.8 5.5-1.8",
  lineage: "M4.5 3.5h-2v3h2zM13.5 1.5h-2v3h2zM13.5 11.5h-2v3h2zM4.5 5h2.2c1.8 0 1-2 2.6-2h2.2M6.7 5c2.6 0 .6 8 2.6 8h2.2",
  sql: "m3 4.5 3.5 3.5L3 11.5M8 12h5",
  quality: "M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4ZM5.6 8l1.7 1.7 3.2-3.3",
  runs: "M4.5 2.8v10.4L13 8Z",
  branches: "M4.5 5v6M4.5 5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm0 9a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm7-7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm0 0c0 2.4-3.4 2.6-6.6 3.6",
  services: "M2.5 2.8h11v4.4h-11zM2.5 8.8h11v4.4h-11zM5 5h.01M5 11h.01M8 5h3M8 11h3",
  plugins: "M6 2.5v3M10 2.5v3M3.8 5.5h8.4v2.7A4.2 4.2 0 0 1 8 12.4a4.2 4.2 0 0 1-4.2-4.2ZM8 12.4v2",
  settings: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM6 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  search: "M7.2 12a4.8 4.8 0 1 0 0-9.6 4.8 4.8 0 0 0 0 9.6ZM13.8 13.8l-3.2-3.2",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  done: "m3 8.5 3.2 3.2L13 4.8",
  right: "m6 3.5 4.5 4.5L6 12.5",
  down: "m3.5 6 4.5 4.5L12.5 6",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M3.2 12.8l1.1-1.1M11.7 4.3l1.1-1.1",
  moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z",
  stop: "M4.5 4.5h7v7h-7z",
  play: "M4.5 2.8v10.4L13 8Z",
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3h-3",
  external: "M9.5 2.5h4v4M13.2 2.8 8 8M11.5 9v3.8a.7.7 0 0 1-.7.7H3.2a.7.7 0 0 1-.7-.7V5.2a.7.7 0 0 1 .7-.7H7",
  key: "M10.2 9a3.2 3.2 0 1 0-3-2.2L2.5 11.5v2h2v-1.5H6v-1.5h1.5L8.4 8.6M11 5h.01",
  collapse: "M2.5 2.8h11v10.4h-11zM6 2.8v10.4M10.8 6.3 9 8l1.8 1.7",
  expand: "M2.5 2.8h11v10.4h-11zM6 2.8v10.4M9 6.3 10.8 8 9 9.7",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  tree: "M3 3h4M5.5 3v9.5H9M5.5 7.7H9M11 6.2h2.5v3H11zM11 11h2.5v3H11z",
  history: "M2.8 8a5.2 5.2 0 1 0 1.7-3.8M2.8 2.5v2.6h2.6M8 5v3.2l2 1.3",
  filter: "M2.5 3.5h11L9.5 8.3v4.2l-3 1V8.3Z",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.2 6.3V13",
  file: "M4 1.8h5l3.2 3.2v9.2H4zM8.8 2v3.2H12",
  function: "M10.8 3.2c-2.6-1.4-3 .8-3.2 2.6l-.8 5c-.3 1.8-.9 2.8-2.6 2.2M5 7h5",
};

export function Icon({ name, size = 16 }: { name: string; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}

/** The mark of phlo: a body and its orbit. */
export function Mark({ size = 22 }: { size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent-solid)" />
      <path d="M7 20c4-9 14-9 18 0" fill="none" stroke="var(--on-accent)" strokeWidth="2.6" strokeLinecap="round" />
      <circle cx="16" cy="20" r="3.4" fill="var(--on-accent)" />
    </svg>
  );
}
