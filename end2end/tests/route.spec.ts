// YAML in, rows out, by whoever works there or by an operator; then the direct way fails, Airbyte's own runtime brings the
// rows, and the run's page says why.
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { jobLimit, openConnection, openTab, saveAndRun, testConnection, chooseTables } from "../fixtures/connecting.js";
import { Hub } from "../fixtures/hub.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test as base } from "../fixtures/test.js";

const TOKEN = "route-token-of-the-browser-test";
/** Airbyte's runtime is installed for the first run that needs it. */
const installLimit = 180_000;

/** An API that can be told to refuse whoever asks it directly. */
type Harbour = { url: string; refuses: boolean };

function document(name: string, url: string): string {
  return `apis:
  integrations:
    - name: ${name}
      type: rest
      base_url: ${url}
      authentication: { type: bearer, secret_name: harbour_token }
      endpoints:
        - { name: ships, path: /ships, records: data, primary_key: id, fields: { id: integer, name: string } }
`;
}

const test = base.extend<object, { hub: Hub; harbour: Harbour }>({
  harbour: [
    async ({}, use) => {
      const harbour = { url: "", refuses: false };
      const server: Server = createServer((request, response) => {
        const byAirbyte = request.headers["user-agent"]?.startsWith("python-requests") === true;
        const known = request.headers.authorization === `Bearer ${TOKEN}` && (byAirbyte || !harbour.refuses);
        const ships = [
          { id: 1, name: "Elbe" },
          { id: 2, name: "Weser" },
        ];
        response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
        response.end(JSON.stringify(known ? { data: ships } : { error: "who are you?" }));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      harbour.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await use(harbour);
      server.close();
    },
    { scope: "worker" },
  ],
  hub: [
    async ({ harbour }, use) => {
      const file = join(mkdtempSync(join(tmpdir(), "route-")), "apis.yaml");
      writeFileSync(file, document("Harbour", harbour.url));
      const hub = await Hub.start({ TRIBUTARY_ALLOW_HTTP: "1", TRIBUTARY_INTEGRATIONS: file });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 150_000 },
  ],
});

test("a fallback is rehearsed, needed, and explained @mobile", async ({ page, visit, hub, harbour }) => {
  test.setTimeout(300_000);
  harbour.refuses = false;
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  await page.getByRole("textbox", { name: "Integration YAML" }).fill(document("Quay", harbour.url));
  await page.getByRole("button", { name: "Check it" }).click();
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByLabel("Harbour token", { exact: true }).fill(TOKEN);
  await testConnection(page, visit, "Quay");
  await chooseTables(page, visit);
  await saveAndRun(page, visit);
  await expect(page.getByText("Directly first.")).toBeVisible();
  await expect(page.getByText("Done: 2 rows")).toBeVisible();
  await visit.look("run-direct");

  await openConnection(page, visit, "Quay");
  await openTab(page, visit, "Route");
  await expect(page.getByText("Open: this hub reads the source itself.")).toBeVisible();
  await visit.look("connection-route");
  await page.getByRole("button", { name: "Sync through Airbyte now" }).click();
  await expect(page.getByText("Through Airbyte: a rehearsal, the direct way was left out.")).toBeVisible();
  await expect(page.getByText(/Every receipt balances\./)).toBeVisible({ timeout: installLimit });
  await expect(page.getByText(/^The direct way was left out on request, so /)).toBeVisible();
  await visit.look("run-rehearsed");

  harbour.refuses = true;
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByText("Through Airbyte: trying directly again would not help.")).toBeVisible({ timeout: jobLimit });
  await expect(page.getByText("Credentials refused")).toBeVisible();
  await expect(page.getByText(/Every receipt balances\./)).toBeVisible({ timeout: jobLimit });
  await expect(page.getByText("Through Airbyte, as the fallback")).toBeVisible();
  await expect(page.getByText("The source refused the sign-in, so the rows came through Airbyte")).toBeVisible();
  // One log of both tries, while it grows and when the page is opened anew.
  for (const opened of ["as it grew", "anew"]) {
    await expect(page.getByText("— Direct, try 1 —"), opened).toBeVisible();
    await expect(page.getByText("— Through Airbyte —"), opened).toBeVisible();
    await visit.open(new URL(page.url()).pathname);
  }
  await visit.look("run-fallback");

  // The rows came, and yet a person has to look at the token.
  await openConnection(page, visit, "Quay");
  await expect(page.getByText("The last run went through Airbyte instead.")).toBeVisible();
  await openTab(page, visit, "Route");
  await expect(page.getByRole("cell", { name: "50 % of 2 tries" }).first()).toBeVisible();
  await page.getByRole("link", { name: "What would have happened?" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "What would have happened?" })).toBeVisible();
  await visit.settled();
  await page.getByRole("textbox", { name: "Direct tries" }).fill("0");
  await page.getByRole("radio", { name: /^Stop/ }).check();
  await page.getByRole("button", { name: "Try on past runs" }).click();
  await expect(page.getByRole("link", { name: "Choose 1 to 10 tries." })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Direct tries" })).toHaveValue("0");
  await expect(page.getByRole("radio", { name: /^Stop/ })).toBeChecked();
  await visit.look("what-if-refused");
  await page.getByRole("textbox", { name: "Direct tries" }).fill("3");
  await page.getByRole("button", { name: "Try on past runs" }).click();
  await expect(page.getByText("1 of 2 runs would have gone as they did.")).toBeVisible();
  await expect(page.getByRole("cell", { name: /Failed/ })).toBeVisible();
  await visit.look("what-if");
});

test("how runs choose is set, and nonsense is told at its field", async ({ page, visit, hub, harbour }) => {
  test.slow();
  harbour.refuses = false;
  await arriveHome(page, visit, hub);
  await visit.open("/integrations?view=all&q=harbour");
  await page.getByRole("link", { name: "Harbour", exact: true }).first().click();
  await page.getByRole("link", { name: "Connect Harbour" }).click();
  await page.getByLabel("Harbour token", { exact: true }).fill(TOKEN);
  await testConnection(page, visit, "Harbour");
  await openConnection(page, visit, "Harbour");
  await openTab(page, visit, "Route");
  await page.getByRole("textbox", { name: "Direct tries" }).fill("eleven");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("link", { name: "Choose 1 to 10 tries." })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Direct tries" })).toHaveValue("eleven");
  await visit.look("connection-route-refused");
  await page.getByRole("textbox", { name: "Direct tries" }).fill("2");
  await page.getByRole("radio", { name: /^Through Airbyte/ }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Choose 1 to 10 tries.")).toHaveCount(0);
  await expect(page.getByText("Saved. The next run chooses by these rules.")).toBeVisible();
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Direct tries" })).toHaveValue("2");
  await expect(page.getByRole("radio", { name: /^Through Airbyte/ })).toBeChecked();
});
