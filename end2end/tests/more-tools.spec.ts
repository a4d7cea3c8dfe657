// What an operator adds to the catalogue: found beside the other tools, with a form of its own.
import { resolve } from "node:path";

import { Hub } from "../fixtures/hub.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test as base } from "../fixtures/test.js";

/** A hub whose operator added two low-code manifests, the second with a step in Python. */
const test = base.extend<object, { hub: Hub }>({
  hub: [
    async ({}, use) => {
      const fixture = (name: string) => resolve(import.meta.dirname, "../fixtures", name);
      const manifests = `harbour=${fixture("harbour.yaml")},pilots=${fixture("pilots/manifest.yaml")}`;
      const hub = await Hub.start({ TRIBUTARY_MANIFESTS: manifests });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 150_000 },
  ],
});

test("a tool that the operator added is found, told honestly, and asks for what it needs @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.open("/integrations?view=all");
  await page.getByRole("link", { name: "More tools" }).click();
  await expect(page.getByText("2 found")).toBeVisible();
  await visit.look("catalogue-more-tools");

  await page.getByRole("link", { name: "harbour", exact: true }).click();
  await expect(page.getByText("The operator of this installation added harbour.")).toBeVisible();
  await expect(page.getByText("What it brings")).toHaveCount(0);
  await visit.look("integration-of-the-operator");

  await page.getByRole("link", { name: "Connect harbour" }).click();
  await expect(page.getByRole("textbox", { name: "Address" })).toBeVisible();
  await expect(page.getByLabel("Token", { exact: true })).toHaveAttribute("type", "password");
  await visit.look("connect-of-the-operator");
});

test("a tool with parts in Python says what runs it, and why @mobile", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations?view=all");
  await page.getByRole("link", { name: "More tools" }).click();
  await page.getByRole("link", { name: "pilots", exact: true }).click();
  await expect(page.getByText("so Airbyte's own runtime runs it here: NauticalMilesToKilometres")).toBeVisible();
  await expect(page.getByText("Runs here, embedded engine")).toBeVisible();
  await visit.look("integration-in-python");
});
