/// <reference types="vitest/config" />
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Compress every file when it is built, so that serving it costs nothing. */
function compressed(): Plugin {
  let folder = "dist";
  return {
    name: "phlo-compressed",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      // After a failed build there is nothing here, and its own error is the one to show.
      if (!existsSync(folder)) return;
      for (const file of filesIn(folder)) {
        if (!/\.(js|css|svg|json)$/.test(file)) continue;
        const content = readFileSync(file);
        if (content.length < 800) continue;
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
      }
    },
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    target: "es2022",
    emptyOutDir: true,
    // Everything comes from this origin by a hashed name: nothing is inlined into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": "http://127.0.0.1:4000" } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
