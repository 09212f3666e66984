import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The page, served below `/console/`: everything in files of its own, since its policy allows nothing inline. */
export default defineConfig({
  root: "src/page",
  base: "/console/",
  plugins: [react()],
  resolve: { conditions: ["tidegate-source", ...defaultClientConditions] },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One script that a browser keeps for ever: 180 kB as it travels, and no place waits for a part of it.
    chunkSizeWarningLimit: 700,
  },
});
