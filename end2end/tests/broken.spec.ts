// A page that the hub cannot make: no blank page, no empty state, and a reference that support can look up.
import { Hub } from "../fixtures/hub.js";
import { signUp } from "../fixtures/people.js";
import { hubDatabases, psql } from "../fixtures/shop.js";
import { test as base, expect } from "../fixtures/test.js";

/** A hub whose control database the test can reach. */
const test = base.extend<object, { databases: Awaited<ReturnType<typeof hubDatabases>> }>({
  databases: [async ({}, use) => use(await hubDatabases()), { scope: "worker" }],
  hub: [
    async ({ databases }, use) => {
      const hub = await Hub.start(databases.settings);
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 150_000 },
  ],
});

test("a page that breaks says so and gives a reference @mobile", async ({ page, visit, hub, databases, faults }) => {
  await signUp(page, visit, hub);
  await psql(databases.control, "ALTER TABLE connections RENAME TO gone");
  const answer = await page.goto("/connections");
  await psql(databases.control, "ALTER TABLE gone RENAME TO connections");

  expect(answer?.status()).toBe(500);
  await expect(page.getByRole("heading", { level: 1, name: "Something broke on our side" })).toBeVisible();
  await visit.look("broken");
  const reference = await page.getByRole("main").locator("code").innerText();
  expect(hub.output()).toContain(reference);
  expect(faults.splice(0)).toEqual([expect.stringMatching(/^500 for /)]);

  await page.getByRole("link", { name: "Load the page again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Connections" })).toBeVisible();
});
