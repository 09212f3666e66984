/** Finds a Chromium for the tests of the shop's page, or installs one where that is allowed; otherwise says what to install. */
import { findChromium } from "../packages/testkit/src/find-chromium.ts";

try {
  findChromium({ install: true, log: (line) => console.error(line) });
} catch (error) {
  // The test of the page will say so too; all others can do without.
  console.error(error.message);
}
