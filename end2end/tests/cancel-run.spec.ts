// Stopping a run that goes on.
import { chooseTables, fillPostgres, jobLimit, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openSlowShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

/** What the product promises. */
const atMost = 5_000;

test("a run is stopped within five seconds @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const shop = await openSlowShop();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, shop, "Elbe shop");
  await testConnection(page, visit, "Elbe shop");
  await chooseTables(page, visit);
  await page.getByRole("button", { name: "Save and start" }).click();
  await expect(page.getByText("Rows are on their way.")).toBeVisible({ timeout: jobLimit });
  await visit.look("run-running");

  await page.getByRole("link", { name: "Stop this run" }).click();
  await expect(page.getByText("It stops within 5 seconds.")).toBeVisible();
  await visit.look("run-stop");
  await page.getByRole("button", { name: "Stop now" }).click();
  const words = "Tables hold what was complete when it stopped";
  const text = async () => (await page.request.get(page.url())).text();
  await expect.poll(text, { timeout: atMost, intervals: [200] }).toContain(words);
  await expect(page.getByText(words)).toBeVisible();
  await visit.look("run-cancelled");
});
