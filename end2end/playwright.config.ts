// How the browser tests run: three projects, the system's Chromium, no second chances.
import { defineConfig, devices } from "@playwright/test";

// Headless, offline but for the hub under test, and able to run as root in a container.
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const withoutScripts = { javaScriptEnabled: false };
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true };
const onlyScripts = /\.hydrate\.spec\.ts$/;

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/files",
  fullyParallel: true,
  // A test that passes on the second try hides a fault.
  retries: 0,
  // One for each two processors: each has a hub, a PostgreSQL and a browser of its own.
  forbidOnly: Boolean(process.env.CI),
  // Looking at a page takes seconds, and a busy machine several times as long.
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["html", { open: "never", outputFolder: "test-results/report" }]],
  use: {
    ...devices["Desktop Chrome"],
    launchOptions: { executablePath: process.env.CHROMIUM || undefined, args: flags },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    screenshot: "only-on-failure",
    // Recording costs a fifth of the time; `--trace on` records when a failure needs it.
    trace: "off",
    // What a page offers is there at once; only jobs take their time.
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
  },
  // Each story with scripts on a wide screen and without them; what has pages of its own also on a phone, most without
  // scripts, since the pages are the same, and what scripts alone do with them.
  projects: [
    { name: "chromium" },
    { name: "no-js", use: withoutScripts, testIgnore: onlyScripts, grepInvert: /@mobile/ },
    { name: "no-js-mobile", use: { ...withoutScripts, ...phone }, testIgnore: onlyScripts, grep: /@mobile/ },
    { name: "mobile", use: phone, testMatch: /\/(journey|connection|provider|workspace|more-menu\.hydrate)\.spec\.ts$/, grep: /@mobile/ },
  ],
});
